from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("acknowledge/<str:token>/", lambda r, token: HttpResponse(token), name="acknowledge")]
