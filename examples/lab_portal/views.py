"""The pages."""

import csv

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from examples.lab_portal import logins
from examples.lab_portal.forms import CodeForm, LoginForm, PatientForm
from examples.lab_portal.models import Patient
from examples.lab_portal.pages import message
from examples.lab_portal.permissions import LabPermissionRequired
from examples.lab_portal.ums import EndUser
from ums_client import Login, errors
from ums_client.protocol.factors import VerifyMfa
from ums_client.protocol.lab_members import GetUserLabs

MFA, NEXT = "mfa_token", "next"
_REFUSED: dict[type[errors.RequestRefused], str] = {
    errors.InvalidCredentials: "The user name or the password is wrong.",
    errors.PasswordChangeRequired: (
        "Your password is right, but you must choose a new one before you can log in. "
        "Ask for a mail to reset it, or change it with the program of the service."
    ),
    errors.MfaSetupRequired: (
        "Your account needs a second factor before you can log in. "
        "Set one up with the program of the service."
    ),
    errors.AccountInactive: "Your account is not active. Please ask an administrator.",
    errors.EmailNotVerified: "Please verify your mail address first.",
    errors.ResetRequired: "Your account is locked until you reset the password by mail.",
    errors.InvalidMfaCode: "This code is wrong, or was used before.",
}
"""What people are told; whatever else the service refuses is shown as a page."""


def log_in(request: HttpRequest) -> HttpResponse:
    """The first step: the password."""
    form = LoginForm(request.POST or None)
    onwards = request.GET.get("next", "")
    if form.is_valid():
        asked = Login(**form.cleaned_data, tokens=True)
        try:
            reply = EndUser(request, None).call(asked)
        except errors.MfaRequired as required:
            request.session.flush()
            request.session[MFA] = required.mfa_token
            request.session[NEXT] = onwards
            return redirect("second_factor")
        except tuple(_REFUSED) as refused:
            return _try_again(request, form, refused)
        logins.begin(request, reply)
        return redirect(_within(request, onwards))
    return render(request, "lab_portal/login.html", {"form": form})


def second_factor(request: HttpRequest) -> HttpResponse:
    """The second step: a code."""
    token, onwards = request.session.get(MFA), request.session.get(NEXT, "")
    if token is None:
        return redirect("login")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        code = form.cleaned_data["code"]
        asked = VerifyMfa(mfa_token=token, code=code, tokens=True)
        try:
            reply = EndUser(request, None).call(asked)
        except (errors.InvalidToken, errors.InvalidSession):  # it took too long
            request.session.flush()
            return redirect("login")
        except tuple(_REFUSED) as refused:
            return _try_again(request, form, refused)
        logins.begin(request, reply)
        return redirect(_within(request, onwards))
    return render(request, "lab_portal/second_factor.html", {"form": form})


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the login, here and at the service."""
    logins.end(request)
    return redirect("login")


@require_safe
def my_labs(request: HttpRequest) -> HttpResponse:
    """The labs of who asks."""
    person = logins.person_of(request)
    if person is None:
        return redirect("login")
    labs = person.ums.call(GetUserLabs()).memberships
    return render(request, "lab_portal/labs.html", {"labs": labs})


class PatientList(LabPermissionRequired):
    """The patients of a lab."""

    permission = "lab.patient.read"

    def get(self, request: HttpRequest) -> HttpResponse:
        shown = {"lab": self.lab, "patients": Patient.objects.of(self.lab)}
        return render(request, "lab_portal/patients.html", shown)


class PatientPage(LabPermissionRequired):
    """One patient of a lab."""

    permission = "lab.patient.read"

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        patient = get_object_or_404(Patient.objects.of(self.lab), pk=number)
        shown = {"lab": self.lab, "patient": patient}
        return render(request, "lab_portal/patient.html", shown)


class NewPatient(LabPermissionRequired):
    """A form for a new patient of a lab."""

    permission = "lab.patient.write"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._form(request, PatientForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PatientForm(request.POST)
        if not form.is_valid():
            return self._form(request, form)
        patient = form.save(commit=False)
        patient.lab_id = self.lab.lab_id
        patient.save()
        return redirect("patients", self.lab.lab_id)

    def _form(self, request: HttpRequest, form: PatientForm) -> HttpResponse:
        shown = {"lab": self.lab, "form": form}
        return render(request, "lab_portal/new_patient.html", shown)


class Export(LabPermissionRequired):
    """The patients of a lab as a file, for few."""

    permission = "lab.patient.export"

    def get(self, _request: HttpRequest) -> HttpResponse:
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="patients.csv"'
        lines = csv.writer(response)
        lines.writerow(["name", "sample"])
        for patient in Patient.objects.of(self.lab):
            lines.writerow([_cell(patient.name), _cell(patient.sample)])
        return response


@require_safe
def style(_request: HttpRequest) -> HttpResponse:
    """The one style sheet."""
    return HttpResponse(_STYLE, content_type="text/css")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for 403."""
    del exception
    return message(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for 404."""
    del exception  # it tells what there is
    return message(request, 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form that another site may have sent, or that is too old."""
    del reason
    return message(request, 403)


def _try_again(
    request: HttpRequest, form: LoginForm | CodeForm, refused: errors.RequestRefused
) -> HttpResponse:
    texts = (text for kind, text in _REFUSED.items() if isinstance(refused, kind))
    form.add_error(None, next(texts))
    page = "login" if isinstance(form, LoginForm) else "second_factor"
    return render(request, f"lab_portal/{page}.html", {"form": form}, status=401)


def _within(request: HttpRequest, onwards: str) -> str:
    """Where to go after a login: never to another site."""
    here = {request.get_host()}
    if url_has_allowed_host_and_scheme(onwards, here, request.is_secure()):
        return onwards
    return "/"


def _cell(text: str) -> str:
    """Not what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


_STYLE = """\
body { font: 1rem/1.5 sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse } th, td { padding: .3rem 1rem .3rem 0; text-align: left }
label, input { display: block } input { font: inherit; margin-bottom: 1rem; padding: .3rem }
header { display: flex; justify-content: space-between; align-items: center }
.errorlist { color: #a00000; list-style: none; padding: 0 }
"""
