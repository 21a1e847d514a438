import pytest
from django.core.checks import run_checks

from orders.checks import warn_of_sandbox


@pytest.mark.parametrize(("is_on", "warned"), [(True, ["orders.W001"]), (False, [])])
def test_deployment_is_warned_of_a_sandbox(settings, is_on, warned):
    settings.SANDBOX_GATEWAY = is_on

    assert [each.id for each in warn_of_sandbox()] == warned
    found = run_checks(include_deployment_checks=True)
    assert [each.id for each in found if each.id.startswith("orders.")] == warned
    assert not [each.id for each in run_checks() if each.id.startswith("orders.")]
