"""What an account allows, told in facts."""

from __future__ import annotations

from kernel.events import Event
from services.identity.aggregate.account import Account, account
from services.identity.aggregate.agents import disable, grant_role
from services.identity.aggregate.joining import activate, forget, invite, request_activation, sign_up, warn_owner
from services.identity.aggregate.owning import change_profile
from services.identity.aggregate.reservation import release, reservation, reserve
from services.identity.commands import (
    Activate,
    ChangeProfile,
    DisableAccount,
    ForgetAccount,
    GrantRole,
    InviteAgent,
    ReleaseEmail,
    RequestActivation,
    ReserveEmail,
    SignUp,
    WarnOwner,
)
from services.identity.events import (
    AccountActivated,
    AccountCreated,
    AccountDisabled,
    AccountForgotten,
    ActivationRequested,
    EmailReleased,
    EmailReserved,
    PasswordChanged,
    ProfileChanged,
    RoleGranted,
    SignUpAttempted,
)
from tests.support.given import given

CREATED = AccountCreated(
    account="a", terms_version="2026-11", email="ada@example.org", first_name="Ada", last_name="Martin", lookup="l"
)
CHOSEN = PasswordChanged(account="a", password_hash="h")
MAILED = ActivationRequested(account="a", expires_at="tomorrow", token="t")
ACTIVATED = AccountActivated(account="a")
PENDING: tuple[Event, ...] = (CREATED, CHOSEN, MAILED)
ACTIVE: tuple[Event, ...] = (*PENDING, ACTIVATED)
INVITED: tuple[Event, ...] = (
    CREATED,
    RoleGranted(account="a", role="instructeur", services=("habitat",)),
    ActivationRequested(account="a", expires_at="tomorrow", invited=True, token="t"),
)
SIGN_UP = SignUp(
    account="a",
    email="ada@example.org",
    first_name="Ada",
    last_name="Martin",
    lookup="l",
    terms_version="2026-11",
    password_hash="h",
    token="t",
    expires_at="tomorrow",
)
INVITATION = InviteAgent(
    account="a",
    email="ada@example.org",
    first_name="Ada",
    last_name="Martin",
    lookup="l",
    role="auditeur",
    services=(),
    token="u",
    expires_at="later",
)


def test_signing_up_opens_an_account_that_waits_for_its_mail() -> None:
    given(account).when(sign_up, SIGN_UP).then(*PENDING)


def test_an_account_is_opened_once() -> None:
    given(account, *PENDING).when(sign_up, SIGN_UP).refused("already-exists")


def test_the_owner_of_an_address_is_told_that_somebody_used_it() -> None:
    given(account, *ACTIVE).when(warn_owner, WarnOwner()).then(SignUpAttempted(account="a"))


def test_an_account_is_activated_once() -> None:
    given(account, *PENDING).when(activate, Activate()).then(ACTIVATED)
    given(account, *ACTIVE).when(activate, Activate()).refused("bad-token")
    given(account).when(activate, Activate()).refused("bad-token")


def test_an_invited_agent_brings_his_password_when_he_activates() -> None:
    given(account, *INVITED).when(activate, Activate()).refused("bad-token")
    given(account, *INVITED).when(activate, Activate(password_hash="h")).then(CHOSEN, ACTIVATED)


def test_only_a_waiting_account_is_sent_another_link() -> None:
    again = RequestActivation(token="t", expires_at="tomorrow")
    given(account, *PENDING).when(request_activation, again).then(MAILED)
    given(account, *ACTIVE).when(request_activation, again).nothing()
    given(account, *PENDING, AccountForgotten(account="a")).when(request_activation, again).nothing()


def test_an_agent_invited_again_gets_another_link_and_his_new_role() -> None:
    link = ActivationRequested(account="a", expires_at="later", invited=True, token="u")
    granted = RoleGranted(account="a", role="auditeur", services=())
    given(account).when(invite, INVITATION).then(CREATED.model_copy(update={"terms_version": ""}), granted, link)
    given(account, *INVITED).when(invite, INVITATION).then(granted, link)
    given(account, *INVITED, granted).when(invite, INVITATION).then(link)
    given(account, *ACTIVE).when(invite, INVITATION).refused("already-activated")


def test_a_profile_changes_only_where_it_differs() -> None:
    changed = ProfileChanged(account="a", first_name="Ada", last_name="Roy", phone="", postal_address="")
    given(account, *ACTIVE).when(change_profile, ChangeProfile(last_name="Roy")).then(changed)
    given(account, *ACTIVE, changed).when(change_profile, ChangeProfile(last_name="Roy", phone="")).nothing()
    given(account, *PENDING).when(change_profile, ChangeProfile(last_name="Roy")).refused("not-found")


def test_a_role_is_granted_with_its_services_and_the_last_grant_counts() -> None:
    first = RoleGranted(account="a", role="instructeur", services=("habitat",))
    moved = RoleGranted(account="a", role="instructeur", services=("education",))
    habitat = GrantRole(role="instructeur", services=("habitat",))
    given(account, *ACTIVE).when(grant_role, habitat).then(first)
    given(account, *ACTIVE, first).when(grant_role, habitat).nothing()
    given(account, *ACTIVE, first, moved).when(grant_role, habitat).then(first)


def test_a_disabled_account_gets_no_role_back() -> None:
    disabled = AccountDisabled(account="a")
    given(account, *ACTIVE).when(disable, DisableAccount()).then(disabled)
    given(account, *ACTIVE, disabled).when(disable, DisableAccount()).nothing()
    given(account, *ACTIVE, disabled).when(grant_role, GrantRole(role="auditeur", services=())).refused(
        "account-disabled"
    )
    given(account).when(disable, DisableAccount()).refused("not-found")


def test_only_an_account_that_never_was_activated_is_forgotten() -> None:
    given(account, *PENDING).when(forget, ForgetAccount()).then(AccountForgotten(account="a"))
    given(account, *ACTIVE).when(forget, ForgetAccount()).nothing()
    assert account.fold((*PENDING, AccountForgotten(account="a"))) == Account(id="a", status="forgotten")
    given(account, *PENDING, AccountForgotten(account="a")).when(activate, Activate()).refused("bad-token")


def test_an_address_belongs_to_the_first_who_proves_it() -> None:
    mine = EmailReserved(account="a")
    given(reservation).when(reserve, ReserveEmail(account="a")).then(mine)
    given(reservation, mine).when(reserve, ReserveEmail(account="a")).nothing()
    given(reservation, mine).when(reserve, ReserveEmail(account="b")).refused("bad-token")


def test_an_address_is_freed_by_its_owner_only() -> None:
    mine, freed = EmailReserved(account="a"), EmailReleased(account="a")
    given(reservation, mine).when(release, ReleaseEmail(account="a")).then(freed)
    given(reservation, mine).when(release, ReleaseEmail(account="b")).nothing()
    given(reservation, mine, freed).when(reserve, ReserveEmail(account="b")).then(EmailReserved(account="b"))
