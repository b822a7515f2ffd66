"""What the names of satellite products and tiles tell, without a look at the products themselves.

The names follow the naming conventions of Copernicus (Sentinel-1, Sentinel-2), the USGS (Landsat Collections) and
Airbus (SPOT 6/7, Pléiades, Pléiades Neo). Names come from the log and may be any text: one that follows none of the
conventions is not an error, it just tells nothing.
"""

import re
from datetime import date

import msgspec


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """What a product's name tells. What it doesn't tell is None."""

    satellite: str | None = None
    """Display name: ``Sentinel-1A``, ``Landsat 8``, ``SPOT 6``, ``Pléiades 1A``."""
    constellation: str | None = None
    """``Sentinel-1``, ``Sentinel-2``, ``Landsat``, ``SPOT``, ``Pléiades`` or ``Pléiades Neo``."""
    instruments: tuple[str, ...] = ()
    """Instruments that it comes from, as STAC catalogues write them: ``msi``, ``c-sar``, ``oli`` and ``tirs``."""
    mode: str | None = None
    """Acquisition mode of a radar (``IW``), spectral mode of a SPOT or Pléiades product (``PMS``)."""
    product_type: str | None = None
    """``SLC``, ``GRDH``; ``MSIL1C``; ``L1TP``; ``SEN``, ``ORT``; ``DS`` for a SPOT or Pléiades data strip."""
    level: str | None = None
    """Processing level: ``L1``, ``L1C``, ``L2A``."""
    baseline: str | None = None
    """Processing baseline of Sentinel-2 (``03.01``), collection and tier of Landsat (``02 T1``)."""
    polarisation: str | None = None
    """Channels with a blank between, as catalogues write them: ``VV VH``."""
    acquired: str | None = None
    """Start of the acquisition in UTC, ISO 8601: ``2022-02-04T17:01:23Z``; the day alone if the name has no time."""
    orbit: int | None = None
    """Absolute orbit number."""
    relative_orbit: int | None = None
    """Number of the orbit in the repeat cycle: 1 to 175 for Sentinel-1, 1 to 143 for Sentinel-2."""
    mgrs: str | None = None
    """Square of the Military Grid Reference System that Sentinel-2 names a tile by, without the ``T``: ``32UNG``."""
    wrs_path: int | None = None
    """Path of the Worldwide Reference System."""
    wrs_row: int | None = None
    """Row of the Worldwide Reference System."""


class TileName(msgspec.Struct, frozen=True, kw_only=True):
    """What the name of a Sentinel-1 burst tells. All None if the name isn't a burst's."""

    direction: str | None = None
    """``ascending`` or ``descending``."""
    relative_orbit: int | None = None
    """Number of the orbit in the repeat cycle, 1 to 175."""
    swath: str | None = None
    """``IW1`` to ``IW3``, ``EW1`` to ``EW5``."""
    anx_time: int | None = None
    """Time from the ascending node to the start of the burst, in tenths of a second."""


_NO_PRODUCT = Product()
_NO_BURST = TileName()

# Far above any real name. It keeps what a hostile one can cost small.
_LONGEST_NAME = 512

# Orbits in a repeat cycle.
_SENTINEL_1_CYCLE = 175
_SENTINEL_2_CYCLE = 143
# Copernicus SentiWiki, "S1 Products", relationship between relative and absolute orbit numbers; S1D and S1C's second
# value as presented by ESA at FRINGE 2026.
_SENTINEL_1_OFFSET = {"A": 73, "B": 27, "C": 172, "D": 42}
# Sentinel-1C moved to another place in the orbit between 2026-06-08 and 2026-06-24.
_SENTINEL_1C_MOVED = "2026-06-24"
_SENTINEL_1C_OFFSET_MOVED = 99

# Catalogues and archives put these behind a product's name.
_SUFFIX = r"(?:_COG)?(?:\.SAFE)?(?:\.(?:zip|tar|tgz|tar\.gz))?"

# MMM_BB_TTTR_LFPP_start_stop_OOOOOO_DDDDDD_CCCC; the catalogue's ProductName leaves CCCC out.
_SENTINEL_1 = re.compile(
    r"S1(?P<unit>[A-D])_(?P<mode>S[1-6]|IW|EW|WV|EN|N[1-6])_(?P<type>RAW|SLC|GRD|OCN)(?P<resolution>[FHM_])"
    r"_(?P<level>[0-2])[A-Z](?P<polarisation>SH|SV|DH|DV|HH|HV|VV|VH)"
    r"_(?P<start>\d{8}T\d{6})_\d{8}T\d{6}_(?P<orbit>\d{6})_[0-9A-F]{6}_(?:[0-9A-F]{4})?" + _SUFFIX,
    re.ASCII,
)
_POLARISATION = {"SH": "HH", "SV": "VV", "DH": "HH HV", "DV": "VV VH"}

_MGRS = r"\d{2}[C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V]"

# The compact naming, in use since 2016-12-06.
_SENTINEL_2 = re.compile(
    r"S2(?P<unit>[A-D])_(?P<type>MSI(?P<level>L0_|L1A|L1B|L1C|L2A))_(?P<start>\d{8}T\d{6})"
    r"_N(?P<baseline>\d{4})_R(?P<relative_orbit>\d{3})_T(?P<mgrs>" + _MGRS + r")_\d{8}T\d{6}" + _SUFFIX,
    re.ASCII,
)
# The long naming before that: a product of many tiles, and one of its tiles ("granule"). The first time in both is when
# the file was made, not when the image was taken.
_SENTINEL_2_LONG = re.compile(
    r"S2(?P<unit>[A-D])_(?:OPER|USER)_PRD_(?P<type>MSI(?P<level>L0_|L1A|L1B|L1C|L2A))_[A-Z0-9_]{4}_\d{8}T\d{6}"
    r"_R(?P<relative_orbit>\d{3})_V(?P<start>\d{8}T\d{6})_\d{8}T\d{6}" + _SUFFIX,
    re.ASCII,
)
_SENTINEL_2_GRANULE = re.compile(
    r"S2(?P<unit>[A-D])_(?:OPER|USER)_MSI_(?P<level>L1C|L2A)_TL_[A-Z0-9_]{4}_\d{8}T\d{6}"
    r"_A(?P<orbit>\d{6})_T(?P<mgrs>" + _MGRS + r")(?:_N(?P<baseline>\d{2}\.\d{2}))?",
    re.ASCII,
)

# LXSS_LLLL_PPPRRR_acquired_processed_CC_TX; level-2 items of catalogues end in _SR or _ST.
_LANDSAT = re.compile(
    r"L(?P<sensor>[COTEM])(?P<unit>0[1-9])_(?P<type>(?P<level>L[12])[A-Z]{2})_(?P<path>\d{3})(?P<row>\d{3})"
    r"_(?P<day>\d{8})_\d{8}_(?P<collection>\d{2})_(?P<tier>T1|T2|RT|A1|A2)(?:_(?:SR|ST))?" + _SUFFIX,
    re.ASCII,
)

# A data strip (DS_PHR1A_201006181052297_FR1_PX_E001N43_0612_06488), or one of the files of a product, whose spectral
# mode stands before the time (DIM_SPOT6_MS_201412051019526_SEN_…), for Pléiades Neo after it. The time has tenths of
# a second.
_AIRBUS = re.compile(
    r"(?:(?P<strip>DS)_|(?:DIM|IMG|VOL|ICON)_)?(?P<satellite>SPOT[67]|PHR1[AB]|PNEO[3-6])"
    r"(?:_(?P<mode>PMS|MS|PAN|P)(?P<bands>-[A-Z]{1,3})?)?_(?P<start>\d{15})"
    r"(?:_[A-Z]{2}\d_(?P<strip_mode>PX|P|MS)(?=_)|_(?P<late_mode>PMS|MS|PAN|P)(?P<late_bands>-[A-Z]{1,3})?(?=_))?"
    r"(?:_(?P<type>SEN|PRJ|ORT|MOS))?(?:[_.].*)?",
    re.ASCII | re.DOTALL,
)
_AIRBUS_CONSTELLATION = {"SPOT": "SPOT", "PHR1": "Pléiades", "PNEO": "Pléiades Neo"}
# New AstroSat Optical Modular Instrument; High-Resolution Imager. That of Pléiades Neo has no name in common use.
_AIRBUS_INSTRUMENTS: dict[str, tuple[str, ...]] = {"SPOT": ("naomi",), "PHR1": ("hiri",), "PNEO": ()}

_BURST = re.compile(
    r"(?P<direction>[AD])(?P<orbit>\d{1,3})_(?P<swath>IW[1-3]|EW[1-5])_(?P<anx_time>\d{1,6})",
    re.ASCII,
)

# A day with the separator before it, and the time of day if one follows: 20220104, 2022-01-04, 20220104T103431,
# 201412051019526.
_SEPARATORS = ("_", "-", ".", " ", "/")
_DAY = re.compile(
    r"[_\-. /]?(?<!\d)(?P<day>(?:19|20)\d\d(?P<dash>-?)(?:0[1-9]|1[0-2])(?P=dash)(?:0[1-9]|[12]\d|3[01]))"
    r"(?:T?\d\d:?\d\d:?\d\d(?:\.?\d{1,6})?Z?)?(?!\d)",
    re.ASCII,
)


def describe(source_id: str) -> Product:
    """Tell what the name of a product tells; nothing (all None) if it follows no known naming.

    Never raises, whatever the text. A number that can't be right (a 13th month, an orbit outside the repeat cycle) is
    left out, the rest of the name is still told.
    """
    if len(source_id) > _LONGEST_NAME:
        return _NO_PRODUCT
    # The first two letters tell the naming: one pattern is tried instead of seven.
    match source_id[:2]:
        case "S1":
            return _sentinel_1(source_id)
        case "S2":
            return _sentinel_2(source_id)
        case "LC" | "LO" | "LT" | "LE" | "LM":
            return _landsat(source_id)
        case "DS" | "DI" | "IM" | "VO" | "IC" | "SP" | "PH" | "PN":
            return _airbus(source_id)
        case _:
            return _NO_PRODUCT


def describe_tile(source_id: str) -> TileName:
    """Tell what the name of a Sentinel-1 burst tells, such as ``A44_IW1_8979``; nothing (all None) of any other name.

    The name is the ingester's: orbit direction, relative orbit, swath, and the time since the ascending node in tenths
    of a second. It is the same at every pass over the burst. Never raises.
    """
    found = _BURST.fullmatch(source_id)
    if found is None:
        return _NO_BURST
    relative_orbit = int(found["orbit"])
    if not 1 <= relative_orbit <= _SENTINEL_1_CYCLE:
        return _NO_BURST
    return TileName(
        direction="ascending" if found["direction"] == "A" else "descending",
        relative_orbit=relative_orbit,
        swath=found["swath"],
        anx_time=int(found["anx_time"]),
    )


def track(tile_source_id: str, scene_source_id: str) -> str:
    """Name the ground track of a tile: equal for tiles that see the same ground from the same orbit on different days.

    - A burst's name is its own track: ``A44_IW1_8979``.
    - A Sentinel-2 product: MGRS square and relative orbit, ``32UNG R108``; the square alone if the name has no orbit.
    - A Landsat product: path and row, ``196/022``.
    - Any other name: without its acquisition date, ``field7_20220104`` gives ``field7``. The acquisition date is one
      that the scene's name has too; if the scene's name has no date, any. A name without a date, or that is nothing
      else, is kept.

    Never raises, and never returns an empty text for a tile that has a name.
    """
    if _BURST.fullmatch(tile_source_id) is not None:
        return tile_source_id
    product = describe(tile_source_id)
    if product.mgrs is not None:
        return product.mgrs if product.relative_orbit is None else f"{product.mgrs} R{product.relative_orbit:03d}"
    if product.wrs_path is not None and product.wrs_row is not None:
        return f"{product.wrs_path:03d}/{product.wrs_row:03d}"
    return _without_acquisition_date(tile_source_id, scene_source_id)


def _sentinel_1(source_id: str) -> Product:
    found = _SENTINEL_1.fullmatch(source_id)
    if found is None:
        return _NO_PRODUCT
    polarisation = found["polarisation"]
    acquired = _utc(found["start"])
    orbit = int(found["orbit"])
    return Product(
        satellite=f"Sentinel-1{found['unit']}",
        constellation="Sentinel-1",
        instruments=("c-sar",),
        mode=found["mode"],
        product_type=found["type"] + found["resolution"].strip("_"),
        level=f"L{found['level']}",
        polarisation=_POLARISATION.get(polarisation, polarisation),
        acquired=acquired,
        orbit=orbit,
        relative_orbit=_sentinel_1_relative_orbit(found["unit"], orbit, acquired),
    )


def _sentinel_1_relative_orbit(unit: str, orbit: int, acquired: str | None) -> int | None:
    offset = _SENTINEL_1_OFFSET[unit]
    if unit == "C":
        if acquired is None:
            return None
        if acquired >= _SENTINEL_1C_MOVED:
            offset = _SENTINEL_1C_OFFSET_MOVED
    return (orbit - offset) % _SENTINEL_1_CYCLE + 1


def _sentinel_2(source_id: str) -> Product:
    found = _SENTINEL_2.fullmatch(source_id)
    if found is not None:
        baseline = found["baseline"]
        return Product(
            satellite=f"Sentinel-2{found['unit']}",
            constellation="Sentinel-2",
            instruments=("msi",),
            product_type=found["type"].strip("_"),
            level=found["level"].strip("_"),
            baseline=f"{baseline[:2]}.{baseline[2:]}",
            acquired=_utc(found["start"]),
            relative_orbit=_within(found["relative_orbit"], _SENTINEL_2_CYCLE),
            mgrs=found["mgrs"],
        )
    found = _SENTINEL_2_LONG.fullmatch(source_id)
    if found is not None:
        return Product(
            satellite=f"Sentinel-2{found['unit']}",
            constellation="Sentinel-2",
            instruments=("msi",),
            product_type=found["type"].strip("_"),
            level=found["level"].strip("_"),
            acquired=_utc(found["start"]),
            relative_orbit=_within(found["relative_orbit"], _SENTINEL_2_CYCLE),
        )
    found = _SENTINEL_2_GRANULE.fullmatch(source_id)
    if found is not None:
        return Product(
            satellite=f"Sentinel-2{found['unit']}",
            constellation="Sentinel-2",
            instruments=("msi",),
            product_type=f"MSI{found['level']}",
            level=found["level"],
            baseline=found["baseline"],
            orbit=int(found["orbit"]),
            mgrs=found["mgrs"],
        )
    return _NO_PRODUCT


def _landsat(source_id: str) -> Product:
    found = _LANDSAT.fullmatch(source_id)
    if found is None:
        return _NO_PRODUCT
    return Product(
        satellite=f"Landsat {int(found['unit'])}",
        constellation="Landsat",
        instruments=_landsat_instruments(found["sensor"], int(found["unit"])),
        product_type=found["type"],
        level=found["level"],
        baseline=f"{found['collection']} {found['tier']}",
        acquired=_day(found["day"]),
        # WRS-1 (Landsat 1 to 3) has 251 paths and WRS-2 233; both have 248 rows.
        wrs_path=_within(found["path"], 251 if int(found["unit"]) <= 3 else 233),
        wrs_row=_within(found["row"], 248),
    )


def _landsat_instruments(sensor: str, satellite: int) -> tuple[str, ...]:
    """The second letter of a name is the sensor; `T` is the Thematic Mapper, but of Landsat 8 and 9 the thermal one."""
    if sensor == "T" and satellite >= 8:
        return ("tirs",)
    return {"C": ("oli", "tirs"), "O": ("oli",), "T": ("tm",), "E": ("etm+",), "M": ("mss",)}[sensor]


def _airbus(source_id: str) -> Product:
    found = _AIRBUS.fullmatch(source_id)
    if found is None:
        return _NO_PRODUCT
    satellite = found["satellite"]
    constellation = _AIRBUS_CONSTELLATION[satellite[:4]]
    mode = found["mode"] or found["late_mode"]
    if mode is not None:
        mode += found["bands"] or found["late_bands"] or ""
    start = found["start"]
    acquired = _utc(f"{start[:8]}T{start[8:14]}")
    return Product(
        satellite=f"{constellation} {satellite[3:] if constellation == 'Pléiades' else satellite[4:]}",
        constellation=constellation,
        instruments=_AIRBUS_INSTRUMENTS[satellite[:4]],
        mode=mode or found["strip_mode"],
        product_type=found["type"] or found["strip"],
        acquired=None if acquired is None else f"{acquired[:-1]}.{start[14]}Z",
    )


def _within(digits: str, highest: int) -> int | None:
    number = int(digits)
    return number if 1 <= number <= highest else None


def _utc(compact: str) -> str | None:
    """``20220204T170123`` as ``2022-02-04T17:01:23Z``; None if there is no such time."""
    hour, minute, second = compact[9:11], compact[11:13], compact[13:15]
    day = _day(compact)
    if day is None or hour > "23" or minute > "59" or second > "59":
        return None
    return f"{day}T{hour}:{minute}:{second}Z"


def _day(compact: str) -> str | None:
    """``20220204`` as ``2022-02-04``; None if there is no such day."""
    try:
        return date(int(compact[:4]), int(compact[4:6]), int(compact[6:8])).isoformat()
    except ValueError:
        return None


def _without_acquisition_date(tile_source_id: str, scene_source_id: str) -> str:
    if len(tile_source_id) > _LONGEST_NAME or len(scene_source_id) > _LONGEST_NAME:
        return tile_source_id
    days_of_scene = {_digits(found) for found in _DAY.finditer(scene_source_id)}

    def without(found: re.Match[str]) -> str:
        return "" if not days_of_scene or _digits(found) in days_of_scene else found[0]

    name = _DAY.sub(without, tile_source_id)
    if name[:1] in _SEPARATORS and tile_source_id[0] not in _SEPARATORS:
        name = name[1:]
    return name or tile_source_id


def _digits(found: re.Match[str]) -> str:
    return found["day"].replace("-", "")
