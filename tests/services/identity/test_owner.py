"""What the owner of an account may do with it, told in facts."""

from __future__ import annotations

from kernel.events import Event, mask_secrets
from services.identity.aggregate.account import LINKS, Account, account
from services.identity.aggregate.agents import disable, grant_role
from services.identity.aggregate.joining import activate, forget
from services.identity.aggregate.owning import (
    accept_terms,
    change_email,
    change_password,
    change_profile,
    erase,
    request_email_change,
    request_password_reset,
    tell_claimed,
)
from services.identity.aggregate.second_factor import disable as disable_second_factor
from services.identity.aggregate.second_factor import enable, use_recovery_code
from services.identity.commands import (
    AcceptTerms,
    Activate,
    ChangeEmail,
    ChangePassword,
    ChangeProfile,
    DisableAccount,
    DisableSecondFactor,
    EnableSecondFactor,
    EraseAccount,
    ForgetAccount,
    GrantRole,
    RequestEmailChange,
    RequestPasswordReset,
    TellClaimed,
    UseRecoveryCode,
)
from services.identity.events import (
    AccountActivated,
    AccountCreated,
    AccountDisabled,
    AccountErased,
    AddressClaimed,
    EmailChanged,
    EmailChangeRequested,
    PasswordChanged,
    PasswordResetRequested,
    RecoveryCodeUsed,
    RoleGranted,
    SecondFactorDisabled,
    SecondFactorEnabled,
    TermsAccepted,
)
from tests.support.given import given

CREATED = AccountCreated(
    account="a", terms_version="2026-11", email="ada@example.org", first_name="Ada", last_name="Martin", lookup="l"
)
PENDING: tuple[Event, ...] = (CREATED, PasswordChanged(account="a", password_hash="h"))
ACTIVE: tuple[Event, ...] = (*PENDING, AccountActivated(account="a"))
DISABLED: tuple[Event, ...] = (*ACTIVE, AccountDisabled(account="a"))
LINK = PasswordResetRequested(account="a", expires_at="soon", token="t")
RESET = ChangePassword(password_hash="i", how="reset", token="t")
WANTED = EmailChangeRequested(
    account="a", expires_at="tomorrow", present="ada@example.org", email="new@example.org", lookup="m", token="t"
)
MOVED = EmailChanged(account="a", email="new@example.org", previous="ada@example.org", lookup="m")
ENROLLED = SecondFactorEnabled(account="a", secret="s", recovery_codes=("x", "y"))
ERASED = AccountErased(account="a", email="ada@example.org")


def test_only_an_account_in_use_gets_a_link_to_choose_another_password() -> None:
    ask = RequestPasswordReset(token="t", expires_at="soon")
    given(account, *ACTIVE).when(request_password_reset, ask).then(LINK)
    for facts in ((), PENDING, DISABLED, (*ACTIVE, ERASED)):
        given(account, *facts).when(request_password_reset, ask).nothing()


def test_a_link_changes_the_password_once() -> None:
    replaced = PasswordChanged(account="a", how="reset", password_hash="i")
    given(account, *ACTIVE, LINK).when(change_password, RESET).then(replaced)
    given(account, *ACTIVE, LINK, replaced).when(change_password, RESET).refused("bad-token")
    given(account, *ACTIVE).when(change_password, RESET).refused("bad-token")
    given(account, *DISABLED, LINK).when(change_password, RESET).refused("bad-token")


def test_of_several_links_each_is_good_until_one_was_followed() -> None:
    links = [LINK.model_copy(update={"token": str(number)}) for number in range(LINKS + 1)]
    for token, good in (("0", False), ("1", True), (str(LINKS), True)):
        story = given(account, *ACTIVE, *links).when(change_password, RESET.model_copy(update={"token": token}))
        if good:
            story.then(PasswordChanged(account="a", how="reset", password_hash="i"))
        else:
            story.refused("bad-token")


def test_a_link_mailed_to_an_address_that_was_left_opens_nothing() -> None:
    given(account, *ACTIVE, LINK, WANTED, MOVED).when(change_password, RESET).refused("bad-token")


def test_whoever_knows_his_password_changes_it() -> None:
    changed = PasswordChanged(account="a", how="changed", password_hash="i")
    given(account, *ACTIVE).when(change_password, ChangePassword(password_hash="i")).then(changed)


def test_the_address_asked_for_last_is_proven_once() -> None:
    ask = RequestEmailChange(email="new@example.org", lookup="m", token="t", expires_at="tomorrow")
    given(account, *ACTIVE).when(request_email_change, ask).then(WANTED)
    given(account, *ACTIVE).when(change_email, ChangeEmail()).refused("bad-token")
    given(account, *ACTIVE, WANTED).when(change_email, ChangeEmail()).then(MOVED)
    given(account, *ACTIVE, WANTED, MOVED).when(change_email, ChangeEmail()).refused("bad-token")
    other = WANTED.model_copy(update={"email": "other@example.org", "lookup": "o"})
    given(account, *ACTIVE, WANTED, other).when(change_email, ChangeEmail()).then(
        MOVED.model_copy(update={"email": "other@example.org", "lookup": "o"})
    )
    given(account, *DISABLED).when(request_email_change, ask).refused("not-found")
    given(account, *DISABLED, WANTED).when(change_email, ChangeEmail()).refused("bad-token")


def test_only_the_owner_of_an_account_in_use_is_told_that_his_address_is_wanted() -> None:
    given(account, *ACTIVE).when(tell_claimed, TellClaimed()).then(AddressClaimed(account="a"))
    given(account, *DISABLED).when(tell_claimed, TellClaimed()).nothing()


def test_terms_are_accepted_once() -> None:
    accepted = TermsAccepted(account="a", version="2027-01")
    given(account, *ACTIVE).when(accept_terms, AcceptTerms(version="2027-01")).then(accepted)
    given(account, *ACTIVE, accepted).when(accept_terms, AcceptTerms(version="2027-01")).nothing()
    given(account, *ACTIVE).when(accept_terms, AcceptTerms(version="2026-11")).nothing()
    given(account, *PENDING).when(accept_terms, AcceptTerms(version="2027-01")).refused("not-found")


def test_a_second_factor_is_enabled_and_disabled_one_at_a_time() -> None:
    enabled, disabled = EnableSecondFactor(secret="s", recovery_codes=("x", "y")), SecondFactorDisabled(account="a")
    given(account, *ACTIVE).when(enable, enabled).then(ENROLLED)
    given(account, *ACTIVE, ENROLLED).when(enable, enabled).refused("second-factor-enabled")
    given(account, *PENDING).when(enable, enabled).refused("not-found")
    given(account, *ACTIVE, ENROLLED).when(disable_second_factor, DisableSecondFactor()).then(disabled)
    given(account, *ACTIVE).when(disable_second_factor, DisableSecondFactor()).refused("no-second-factor")
    given(account, *ACTIVE, ENROLLED, disabled).when(enable, enabled).then(ENROLLED)


def test_a_recovery_code_serves_once() -> None:
    used = RecoveryCodeUsed(account="a", left=1, code="x")
    given(account, *ACTIVE, ENROLLED).when(use_recovery_code, UseRecoveryCode(code="x")).then(used)
    given(account, *ACTIVE, ENROLLED, used).when(use_recovery_code, UseRecoveryCode(code="x")).refused("wrong-code")
    given(account, *ACTIVE, ENROLLED, used).when(use_recovery_code, UseRecoveryCode(code="y")).then(
        RecoveryCodeUsed(account="a", left=0, code="y")
    )
    given(account, *ACTIVE).when(use_recovery_code, UseRecoveryCode(code="x")).refused("wrong-code")


def test_a_person_leaves_and_an_agent_does_not() -> None:
    given(account, *ACTIVE).when(erase, EraseAccount()).then(ERASED)
    agent = RoleGranted(account="a", role="auditeur", services=())
    given(account, *ACTIVE, agent).when(erase, EraseAccount()).refused("agent-account")
    for facts in ((), PENDING, DISABLED, (*ACTIVE, ERASED)):
        given(account, *facts).when(erase, EraseAccount()).refused("not-found")


def test_of_an_erased_account_nothing_is_left_and_nothing_comes() -> None:
    gone = (*ACTIVE, ENROLLED, WANTED, ERASED)
    assert account.fold(gone) == Account(id="a", status="erased")
    given(account, *gone).when(activate, Activate()).refused("bad-token")
    given(account, *gone).when(change_password, RESET).refused("bad-token")
    given(account, *gone).when(change_profile, ChangeProfile(first_name="Eve")).refused("not-found")
    given(account, *gone).when(disable, DisableAccount()).refused("not-found")
    given(account, *gone).when(grant_role, GrantRole(role="auditeur", services=())).refused("not-found")
    given(account, *gone).when(forget, ForgetAccount()).nothing()


def test_no_credential_of_an_account_is_shown_to_an_auditor() -> None:
    facts = (*ACTIVE, LINK, WANTED, ENROLLED)
    state = mask_secrets(account.fold(facts))
    assert state["email"] == "ada@example.org"
    for name in ("password_hash", "second_factor", "recovery_codes", "resets"):
        assert state[name] == "secret"
    shown = [mask_secrets(fact) for fact in facts]
    assert {fact[name] for fact in shown for name in ("password_hash", "token", "secret") if name in fact} == {"secret"}
