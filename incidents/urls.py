from django.http import HttpResponse
from django.urls import path

app_name = "incidents"
urlpatterns = [
    path("incidents/INC-<int:number>/", lambda r, number: HttpResponse(number), name="detail"),
    path("receipts/<uuid:ident>/", lambda r, ident: HttpResponse(ident), name="receipt"),
]
