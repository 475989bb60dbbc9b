"""What people fill in."""

from django import forms

from examples.lab_portal.models import Patient


class LoginForm(forms.Form):
    """User name or mail address, and the password as it is typed."""

    username = forms.CharField(
        label="User name or mail address",
        max_length=254,
        widget=forms.TextInput({"autocomplete": "username"}),
    )
    password = forms.CharField(
        max_length=1_024,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """The code of a second factor."""

    code = forms.CharField(
        label="Code",
        max_length=32,
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric"}
        ),
    )


class PatientForm(forms.ModelForm):
    """A new patient. The lab is no field: it is that of the page."""

    class Meta:
        model = Patient
        fields = ("name", "sample")
