"""Where the pages of programs are."""

from django.urls import path

from programs.views import acts, collectors, controls, detail, keys, listing, resuming

app_name = "programs"
_one = "programs/<slug:slug>/"
_control = f"{_one}controls/<str:control>/"
_collector = f"{_one}collectors/<int:pk>/"

urlpatterns = [
    path("programs/", listing.index, name="list"),
    path("programs/new/", listing.new, name="new"),
    path(_one, detail.detail, name="detail"),
    path(f"{_one}live/<str:part>/", detail.live, name="live"),
    path(f"{_one}pause/", acts.pause, name="pause"),
    path(f"{_one}approve/", acts.approve, name="approve"),
    path(f"{_one}start/", acts.start, name="start"),
    path(f"{_one}retire/", acts.retire, name="retire"),
    path(f"{_one}resume/", resuming.resume, name="resume"),
    path(f"{_one}resume/withdraw/", resuming.withdraw, name="withdraw-resume"),
    path(f"{_one}resume/further/", resuming.go_further, name="go-further"),
    path(f"{_one}edit/", controls.edit, name="edit"),
    path(_control, controls.control, name="control"),
    path(f"{_control}attest/", controls.attest, name="attest"),
    path(f"{_control}approve/", controls.approve, name="approve-control"),
    path(f"{_control}reject/", controls.reject, name="reject-control"),
    path(f"{_control}revoke/", controls.revoke, name="revoke-control"),
    path(f"{_one}evidence/<int:pk>/", controls.evidence_file, name="evidence"),
    path(f"{_one}monitors/new/", keys.issue_for_monitor, name="issue-monitor-key"),
    path(f"{_one}ingest/new/", keys.issue_for_ingest, name="issue-ingest-key"),
    path(f"{_one}keys/<int:pk>/withdraw/", keys.withdraw, name="withdraw-program-key"),
    path(f"{_one}collectors/new/", collectors.register, name="register"),
    path(_collector, collectors.collector, name="collector"),
    path(f"{_collector}key/", collectors.issue_key, name="issue-key"),
    path(f"{_collector}keys/<int:key>/withdraw/", collectors.withdraw_key, name="withdraw-key"),
    path(f"{_collector}retire/", collectors.retire, name="retire-collector"),
]
