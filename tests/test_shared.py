"""The vendors' schemas are where the tests look for them."""

from tests.shared import shared_data


def test_shared_data_holds_the_contract_of_pagerduty() -> None:
    assert (shared_data() / "pagerduty-contract.json").is_file()
