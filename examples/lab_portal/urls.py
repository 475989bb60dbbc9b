"""The pages. A lab is named by its id, which is all that a page takes from its address."""

from django.urls import path

from examples.lab_portal import views

handler403 = views.forbidden
handler404 = views.not_found

urlpatterns = [
    path("", views.my_labs, name="labs"),
    path("login/", views.log_in, name="login"),
    path("login/code/", views.second_factor, name="second_factor"),
    path("logout/", views.log_out, name="logout"),
    path("portal.css", views.style, name="style"),
    path("labs/<slug:lab_id>/patients/", views.PatientList.as_view(), name="patients"),
    path("labs/<slug:lab_id>/patients/new/", views.NewPatient.as_view(), name="new"),
    path("labs/<slug:lab_id>/patients.csv", views.Export.as_view(), name="export"),
    path(
        "labs/<slug:lab_id>/patients/<int:number>/",
        views.PatientPage.as_view(),
        name="patient",
    ),
]
