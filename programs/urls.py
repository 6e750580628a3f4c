"""Where the pages of programs are."""

from django.urls import path

from programs.views import (
    acts,
    breadth,
    collectors,
    controls,
    detail,
    hooks,
    keys,
    listing,
    proof,
    resuming,
    terms,
    turning,
    waivers,
    watch,
)

app_name = "programs"
_one = "programs/<slug:slug>/"
_control = f"{_one}controls/<str:control>/"
_collector = f"{_one}collectors/<int:pk>/"
_hook = f"{_one}hooks/<int:pk>/"
_call = f"{_hook}calls/<int:call>/"
_data = f"{_one}data/<slug:dataset>/"
_place = f"{_data}sources/<int:pk>/"
_stop = f"{_one}stops/<int:generation>/"

urlpatterns = [
    path("programs/", listing.index, name="list"),
    path("programs/new/", listing.new, name="new"),
    path(_one, detail.detail, name="detail"),
    path(f"{_one}live/stop/", turning.live_last, name="live-stop"),
    path(f"{_one}live/<str:part>/", detail.live, name="live"),
    path(f"{_one}pause/", acts.pause, name="pause"),
    path(f"{_one}approve/", acts.approve, name="approve"),
    path(f"{_one}start/", acts.start, name="start"),
    path(f"{_one}retire/", acts.retire, name="retire"),
    path(f"{_one}resume/", resuming.resume, name="resume"),
    path(f"{_one}resume/withdraw/", resuming.withdraw, name="withdraw-resume"),
    path(f"{_one}resume/further/", resuming.go_further, name="go-further"),
    path(f"{_one}responders/", breadth.responders, name="responders"),
    path(f"{_one}responders/end/", breadth.end, name="end-responder"),
    path(f"{_one}responders/breadth/", breadth.choose, name="choose-breadth"),
    path(f"{_one}runners/", breadth.let_run, name="let-run"),
    path(f"{_one}runners/end/", breadth.end_run, name="end-run"),
    path(f"{_one}edit/", terms.edit, name="edit"),
    path(f"{_one}datasets/new/", terms.add_dataset, name="add-dataset"),
    path(_control, controls.control, name="control"),
    path(f"{_control}attest/", controls.attest, name="attest"),
    path(f"{_control}approve/", controls.approve, name="approve-control"),
    path(f"{_control}reject/", controls.reject, name="reject-control"),
    path(f"{_control}revoke/", controls.revoke, name="revoke-control"),
    path(f"{_control}waive/", waivers.ask, name="waive"),
    path(f"{_control}waive/agree/", waivers.agree, name="agree-to-waiver"),
    path(f"{_control}waive/refuse/", waivers.refuse, name="refuse-waiver"),
    path(f"{_one}evidence/<int:pk>/", controls.evidence_file, name="evidence"),
    path(f"{_one}monitors/new/", keys.issue_for_monitor, name="issue-monitor-key"),
    path(f"{_one}ingest/new/", keys.issue_for_ingest, name="issue-ingest-key"),
    path(f"{_one}keys/<int:pk>/withdraw/", keys.withdraw, name="withdraw-program-key"),
    path(f"{_one}collectors/new/", collectors.register, name="register"),
    path(_collector, collectors.collector, name="collector"),
    path(f"{_collector}key/", collectors.issue_key, name="issue-key"),
    path(f"{_collector}keys/<int:key>/withdraw/", collectors.withdraw_key, name="withdraw-key"),
    path(f"{_collector}retire/", collectors.retire, name="retire-collector"),
    path(_stop, turning.stop, name="stop"),
    path(f"{_stop}live/", turning.live, name="live-one-stop"),
    path(f"{_stop}proof.json", proof.as_json, name="proof-json"),
    path(f"{_stop}proof/", proof.on_paper, name="proof"),
    path(".well-known/andon-proof-key", proof.key_as_jwk, name="proof-key"),
    path(".well-known/andon-proof-key.pem", proof.key_as_pem, name="proof-key-pem"),
    path(f"{_one}hooks/new/", hooks.add, name="add-hook"),
    path(_hook, hooks.hook, name="hook"),
    path(f"{_hook}secret/", hooks.renew_secret, name="renew-hook-secret"),
    path(f"{_hook}switch/", hooks.switch, name="switch-hook"),
    path(f"{_call}again/", hooks.send_again, name="send-hook-again"),
    path(f"{_call}confirm/", hooks.confirm, name="confirm-by-hand"),
    path(_data, watch.dataset, name="dataset"),
    path(f"{_data}audience/", watch.declare, name="declare-audience"),
    path(f"{_data}sources/new/", watch.add_source, name="add-source"),
    path(_place, watch.source, name="source"),
    path(f"{_place}look/", watch.look_now, name="look-now"),
    path(f"{_place}switch/", watch.switch, name="switch-source"),
    path(f"{_place}send/", watch.send, name="send-readers"),
    path(f"{_place}looks/<int:look>/", watch.look, name="look"),
]
