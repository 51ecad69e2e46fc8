"""AWS's prices per region, from a dated file, which can be refreshed from AWS's price list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from plan_review.errors import PriceListError, ReviewInputError
from plan_review.file_problems import problem_lines

BUNDLED_FOLDER = Path(__file__).parent / "prices"
PRICE_LIST_URL = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{offer}/current/{region}/index.json"

FetchJson = Callable[[str], Mapping[str, Any]]


class Price(BaseModel):
    """One price and the page it is on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    usd: float = Field(ge=0)
    source: str


class PriceList(BaseModel):
    """The prices of a region.

    Attributes:
        region: AWS region.
        as_of: the day of the prices.
        origin: where they come from, in words.
        prices: US dollars per unit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str
    as_of: date
    origin: str
    prices: dict[str, Price]

    def usd(self, name: str) -> float:
        """The price of one unit.

        Raises:
            ReviewInputError: the file lacks it.
        """
        price = self.prices.get(name) or EVERYWHERE.get(name)
        if price is None:
            raise ReviewInputError(
                f"The price file of {self.region} has no price for '{name}'.",
                remedy="Create the file again from AWS's price list.",
            )
        return price.usd


@dataclass(frozen=True, slots=True)
class Listed:
    """The place of a price in AWS's price list.

    Attributes:
        offer: the list's file.
        usage_type: the usage type, or its ending after the region's short name and a hyphen.
        attributes: further attributes to match, if one usage type has several products.
    """

    offer: str
    usage_type: str
    attributes: tuple[tuple[str, str], ...] = ()


LISTED = {
    "glue_job_dpu_hour": Listed("AWSGlue", "ETL-DPU-Hour", (("operation", "Jobrun"),)),
    "glue_crawler_dpu_hour": Listed("AWSGlue", "Crawler-DPU-Hour"),
    "s3_standard_gb_month": Listed("AmazonS3", "TimedStorage-ByteHrs", (("volumeType", "Standard"),)),
    "s3_put_request": Listed("AmazonS3", "Requests-Tier1", (("group", "S3-API-Tier1"),)),
    "kms_key_month": Listed("awskms", "KMS-Keys"),
    "kms_request": Listed("awskms", "KMS-Requests"),
    "athena_tb_scanned": Listed("AmazonAthena", "DataScannedInTB"),
    "logs_ingested_gb": Listed("AmazonCloudWatch", "DataProcessing-Bytes", (("operation", "PutLogEvents"),)),
    "logs_stored_gb_month": Listed("AmazonCloudWatch", "TimedStorage-ByteHrs"),
    "alarm_month": Listed("AmazonCloudWatch", "CW:AlarmMonitorUsage"),
    "vpc_endpoint_zone_hour": Listed("AmazonVPC", "VpcEndpoint-Hours", (("operation", "VpcEndpoint"),)),
}

# what AWS sells without a region, so that the lists of regions lack it; as of the day of the bundled files
EVERYWHERE = {"dashboard_month": Price(usd=3.0, source="https://aws.amazon.com/cloudwatch/pricing/")}


def load_prices(region: str, *folders: Path) -> PriceList | None:
    """The prices of a region from the first folder that has them; None if there are none.

    Raises:
        ReviewInputError: the file cannot be read.
    """
    for folder in (*folders, BUNDLED_FOLDER):
        path = folder / f"{region}.yaml"
        if path.is_file():
            try:
                return PriceList.model_validate(yaml.safe_load(path.read_text()))
            except (ValidationError, yaml.YAMLError) as error:
                raise ReviewInputError(
                    f"The prices in {path.name} cannot be read.",
                    remedy="Create the file again from AWS's price list, or delete it.",
                    details=problem_lines(error, 6),
                ) from error
    return None


def refresh(region: str, folder: Path, fetch: FetchJson, today: date) -> PriceList:
    """Write a region's prices from AWS's price list; nothing is written unless every price was found.

    Raises:
        PriceListError: a list lacks a price, or has several that differ.
    """
    lists = {offer: fetch(PRICE_LIST_URL.format(offer=offer, region=region)) for offer in _offers()}
    prices = {
        name: Price(
            usd=_price(name, listed, lists[listed.offer]),
            source=PRICE_LIST_URL.format(offer=listed.offer, region=region),
        )
        for name, listed in LISTED.items()
    }
    price_list = PriceList(region=region, as_of=today, origin="AWS's price list", prices=prices | EVERYWHERE)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{region}.yaml").write_text(yaml.safe_dump(price_list.model_dump(mode="json"), sort_keys=False))
    return price_list


def _offers() -> list[str]:
    return sorted({listed.offer for listed in LISTED.values()})


def _price(name: str, listed: Listed, data: Mapping[str, Any]) -> float:
    """The price of the first tier that is not free: later ones are discounts on volume."""
    found = set()
    for sku, product in data["products"].items():
        attributes = product["attributes"]
        usage_type = str(attributes.get("usagetype", ""))
        fits = usage_type == listed.usage_type or usage_type.endswith(f"-{listed.usage_type}")
        if fits and all(attributes.get(key) == value for key, value in listed.attributes):
            for term in data["terms"]["OnDemand"].get(sku, {}).values():
                tiers = sorted(term["priceDimensions"].values(), key=lambda tier: float(tier.get("beginRange", 0)))
                charged = [usd for tier in tiers if (usd := float(tier["pricePerUnit"]["USD"])) > 0]
                found.update(charged[:1])
    if len(found) != 1:
        what = "no price" if not found else f"{len(found)} prices"
        raise PriceListError(
            f"AWS's price list {listed.offer} has {what} for {name} ({listed.usage_type}).",
            remedy="Keep the bundled prices, or write the file by hand.",
        )
    return found.pop()
