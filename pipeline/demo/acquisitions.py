"""Where and when Sentinel-1 and Sentinel-2 acquire, and what their products are called.

Close enough to the satellites that names, dates, orbit numbers and footprints agree with each other; no ephemeris.
Longitudes and latitudes are degrees in WGS 84, longitude first, as in GeoJSON (RFC 7946).
"""

import hashlib
import math
import uuid
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias

Ring: TypeAlias = list[list[float]]

# Sentinel-1: 175 orbits in 12 days; S1B flies half a cycle of 12 days after S1A.
TRACKS = 175
_CYCLE_MS = 12 * 86_400_000
_PERIOD_S = 12 * 86_400 / TRACKS
_INCLINATION = math.radians(98.18)
_TRACK_37_NODE_LON = -168.7  # longitude of its ascending node
_LON_PER_TRACK = -360 * 12 / TRACKS
_BURST_S = 2.7583
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_KM_PER_DEGREE = 111.2
_NEAR_RANGE_KM = 352.0
_SWATH_START_KM = {"IW1": 0.0, "IW2": 85.0, "IW3": 172.0}
_SWATH_WIDTH_KM = {"IW1": 87.0, "IW2": 90.0, "IW3": 82.0}
_SWATH_DELAY_S = {"IW1": 0.0, "IW2": 0.93, "IW3": 1.86}
_BURST_KM = 20.3
_SCENE_S = 27
_SCENE_WIDTH_KM = 254.0
_SCENE_KM = 186.0

FIRST_TILE_NR = 4
"""The first burst of a swath that lies in the AOI is the fourth of its product."""

# An orbit of relative orbit 37: its absolute number, its data take, and the UTC of its ascending node.
_ORBIT_37 = {
    "S1A": (30734, 0x03857F, datetime(2020, 1, 10, 5, 14, 39, 900_000, tzinfo=UTC)),
    "S1B": (19663, 0x0252C3, datetime(2020, 1, 4, 5, 13, 57, 900_000, tzinfo=UTC)),
}

Unit: TypeAlias = Literal["S1A", "S1B"]


@dataclass(frozen=True, slots=True)
class Frame:
    """The bursts of a Sentinel-1 track that lie in an AOI: by relative orbit and time from the ascending node."""

    track: int
    anx_s: float
    """Time from the ascending node to its first burst, in seconds."""
    bursts: int
    """How many, over the three swaths in turn."""

    @property
    def label(self) -> str:
        """The track as bursts are named by it: `D37` for descending, relative orbit 37."""
        return f"{'A' if self._ascending else 'D'}{self.track}"

    @property
    def direction(self) -> str:
        return "ASCENDING" if self._ascending else "DESCENDING"

    @property
    def _ascending(self) -> bool:
        return not _PERIOD_S / 4 < self.anx_s < _PERIOD_S * 3 / 4

    def burst(self, index: int) -> "Burst":
        """Its burst of that number, from 0."""
        swath = f"IW{index % 3 + 1}"
        row = index // 3
        anx_s = self.anx_s + _SWATH_DELAY_S[swath] + row * _BURST_S
        return Burst(f"{self.label}_{swath}_{round(anx_s * 10)}", swath, FIRST_TILE_NR + row, self._ring(swath, anx_s))

    def footprint(self) -> Ring:
        """The ring of the whole product, counter-clockwise."""
        start = self.anx_s - (FIRST_TILE_NR - 1) * _BURST_S
        return self._parallelogram(start, 0.0, _SCENE_WIDTH_KM, _SCENE_KM)

    def acquisition(self, unit: Unit, cycle: int) -> "Acquisition":
        """The pass of that satellite in a 12-day cycle; cycle 0 is in January 2020."""
        orbit_37, take_37, node_37 = _ORBIT_37[unit]
        orbits = self.track - 37 + TRACKS * cycle
        orbit = orbit_37 + orbits
        start_ms = round((node_37 - _EPOCH).total_seconds() * 1000) + orbits * _CYCLE_MS // TRACKS
        start_ms += round(self.anx_s * 1000) - round((FIRST_TILE_NR - 1) * _BURST_S * 1000) + orbit * 37 % 1000
        start = _EPOCH + timedelta(milliseconds=start_ms)
        end = start + timedelta(seconds=_SCENE_S)
        data_take = take_37 + orbits * 17 // 2
        name = f"{unit}_IW_SLC__1SDV_{start:%Y%m%dT%H%M%S}_{end:%Y%m%dT%H%M%S}_{orbit:06d}_{data_take:06X}"
        return Acquisition(f"{name}_{zlib.crc32(name.encode()) & 0xFFFF:04X}", unit, orbit, start)

    def _ring(self, swath: str, anx_s: float) -> Ring:
        return self._parallelogram(anx_s, _SWATH_START_KM[swath], _SWATH_WIDTH_KM[swath], _BURST_KM)

    def _parallelogram(self, anx_s: float, start_km: float, width_km: float, length_km: float) -> Ring:
        lon, lat = self._nadir(anx_s)
        heading = math.radians(-12.5 if self._ascending else 192.5)
        along = (math.sin(heading), math.cos(heading))
        across = (along[1], -along[0])  # both satellites look to their right
        near_km, far_km = _NEAR_RANGE_KM + start_km, _NEAR_RANGE_KM + start_km + width_km
        corners = [(near_km, 0.0), (far_km, 0.0), (far_km, length_km), (near_km, length_km), (near_km, 0.0)]
        ring = []
        for across_km, along_km in corners:
            north = (across_km * across[1] + along_km * along[1]) / _KM_PER_DEGREE
            east = (across_km * across[0] + along_km * along[0]) / _KM_PER_DEGREE / math.cos(math.radians(lat + north))
            ring.append([round(_wrapped(lon + east), 6), round(lat + north, 6)])
        return ring

    def _nadir(self, anx_s: float) -> tuple[float, float]:
        angle = 2 * math.pi * anx_s / _PERIOD_S
        lat = math.degrees(math.asin(math.sin(_INCLINATION) * math.sin(angle)))
        lon = math.degrees(math.atan2(math.cos(_INCLINATION) * math.sin(angle), math.cos(angle)))
        lon += _TRACK_37_NODE_LON + _LON_PER_TRACK * (self.track - 37) - 360 * anx_s / 86_400
        return _wrapped(lon), lat + 0.192 * math.sin(2 * math.radians(lat))


def _wrapped(lon: float) -> float:
    return (lon + 180) % 360 - 180


@dataclass(frozen=True, slots=True)
class Burst:
    """A burst: its name (`D37_IW1_21184`: track, swath, tenths of a second from the ascending node) and footprint."""

    name: str
    swath: str
    tile_nr: int
    ring: Ring


@dataclass(frozen=True, slots=True)
class Acquisition:
    """One Sentinel-1 product: its name, its absolute orbit, and when it starts."""

    source_id: str
    unit: Unit
    orbit: int
    start: datetime

    @property
    def date(self) -> str:
        """When it starts, RFC 3339 with milliseconds."""
        return f"{self.start:%Y-%m-%dT%H:%M:%S}.{self.start.microsecond // 1000:03d}Z"


@dataclass(frozen=True, slots=True)
class Sentinel2Scene:
    """One Sentinel-2 product of one MGRS tile."""

    source_id: str
    unit: str
    relative_orbit: int
    mgrs: str
    acquired: str
    """RFC 3339. Milliseconds where the archive tells them: reprocessed products have none."""


# Sentinel-2: a relative orbit comes again every 10 days, S2B 5 days after S2A. Days of 2022 on which S2A flies each.
_S2A_DAY = {108: date(2022, 1, 4), 8: date(2022, 1, 7), 51: date(2022, 1, 10)}
# When their data takes start, S2A's and S2B's. In winter that is further south, so later.
_S2_WINTER = {108: ("103431", "103329"), 8: ("104421", "104319"), 51: ("105421", "105319")}
_S2_SPRING = {108: ("103021", "103019"), 8: ("104021", "104019"), 51: ("105031", "105029")}
_S2_SUMMER = {108: ("102601", "102559"), 8: ("103631", "103629"), 51: ("104621", "104619")}


def sentinel2_unit(day: date, relative_orbit: int) -> str | None:
    """The satellite that passes on that day on that relative orbit (8, 51 or 108); None if none does."""
    return {0: "S2A", 5: "S2B"}.get((day - _S2A_DAY[relative_orbit]).days % 10)


def sentinel2_scene(
    day: date, relative_orbit: int, mgrs: str, *, reprocessed: datetime | None = None
) -> Sentinel2Scene:
    """The product of a pass, as first published or as reprocessed (baseline 05.10) at that time.

    Raises ValueError if there is no pass on that day.
    """
    unit = sentinel2_unit(day, relative_orbit)
    if unit is None:
        raise ValueError(f"no Sentinel-2 passes on {day} on relative orbit {relative_orbit}")
    season = _S2_WINTER if day.month in (1, 11, 12) else _S2_SUMMER if 4 <= day.month <= 9 else _S2_SPRING
    clock = season[relative_orbit][0 if unit == "S2A" else 1]
    seconds = f"{day:%Y-%m-%d}T{clock[:2]}:{clock[2:4]}:{clock[4:]}"
    stem = f"{unit}_MSIL1C_{day:%Y%m%d}T{clock}"
    if reprocessed is not None:
        name = f"{stem}_N0510_R{relative_orbit:03d}_T{mgrs}_{reprocessed:%Y%m%dT%H%M%S}"
        return Sentinel2Scene(name, unit, relative_orbit, mgrs, f"{seconds}Z")
    baseline = "N0301" if day < date(2022, 1, 25) else "N0400"
    published = datetime.fromisoformat(f"{seconds}+00:00") + timedelta(seconds=4200 + zlib.crc32(stem.encode()) % 5400)
    if stem == "S2A_MSIL1C_20220104T103431":
        published = datetime(2022, 1, 4, 12, 35, 7, tzinfo=UTC)
    name = f"{stem}_{baseline}_R{relative_orbit:03d}_T{mgrs}_{published:%Y%m%dT%H%M%S}"
    return Sentinel2Scene(name, unit, relative_orbit, mgrs, f"{seconds}.024Z")


MGRS_RING: dict[str, Ring] = {
    "32UNG": [
        [8.999688, 54.959099],
        [10.713985, 54.947018],
        [10.757276, 55.933202],
        [8.99968, 55.945734],
        [8.999688, 54.959099],
    ],
    "32UMG": [
        [7.438018, 54.949066],
        [9.15242, 54.959003],
        [9.156272, 55.945635],
        [7.398563, 55.935327],
        [7.438018, 54.949066],
    ],
}
"""Footprints of MGRS tiles of Sentinel-2 (109.8 km squares in UTM), counter-clockwise."""


def catalogue_uuid(source_id: str) -> str:
    """The archive's identifier of a product: from its name, so that it is the same in every log."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://archive.example/products/{source_id}"))


def record_uuid(text: str) -> str:
    """An identifier that looks random (version 4), but follows from the text."""
    return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4))
