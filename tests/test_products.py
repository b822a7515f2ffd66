"""What product names tell: Sentinel-1 and -2, Landsat, SPOT and Pléiades by their naming conventions; ground tracks."""

from datetime import date, datetime

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.products import Product, TileName, describe, describe_tile, track

S1 = "S1A_IW_SLC__1SDV_20220204T170123_20220204T170150_041766_04F863_D5BE"
S2 = "S2A_MSIL1C_20220104T103431_N0301_R108_T32UNG_20220104T123507"
LANDSAT = "LC08_L1TP_196022_20220104_20220104_02_T1"
SPOT = "DIM_SPOT6_MS_201412051019526_SEN_1671661101"
PLEIADES = "DIM_PHR1A_PMS_201206050309265_SEN_5326237101"


def sentinel_1(unit: str, day: str, orbit: int) -> str:
    return f"S1{unit}_IW_SLC__1SDV_{day}T170123_{day}T170150_{orbit:06d}_04F863_D5BE"


def test_sentinel_1() -> None:
    assert describe(S1) == Product(
        satellite="Sentinel-1A",
        constellation="Sentinel-1",
        instruments=("c-sar",),
        mode="IW",
        product_type="SLC",
        level="L1",
        polarisation="VV VH",
        acquired="2022-02-04T17:01:23Z",
        orbit=41766,
        relative_orbit=44,
    )


@pytest.mark.parametrize(
    ("name", "mode", "product_type", "level", "polarisation"),
    [
        ("S1A_EW_GRDM_1SDH_20220204T170123_20220204T170150_041766_04F863_D5BE", "EW", "GRDM", "L1", "HH HV"),
        ("S1A_S3_RAW__0SSV_20220204T170123_20220204T170150_041766_04F863_D5BE", "S3", "RAW", "L0", "VV"),
        ("S1A_WV_OCN__2SSH_20220204T170123_20220204T170150_041766_04F863_D5BE", "WV", "OCN", "L2", "HH"),
        ("S1A_IW_GRDH_1SVV_20220204T170123_20220204T170150_041766_04F863_2770_COG.SAFE", "IW", "GRDH", "L1", "VV"),
    ],
)
def test_sentinel_1_modes_types_and_polarisations(
    name: str, mode: str, product_type: str, level: str, polarisation: str
) -> None:
    found = describe(name)
    assert (found.mode, found.product_type, found.level, found.polarisation) == (
        mode,
        product_type,
        level,
        polarisation,
    )


@pytest.mark.parametrize(
    ("unit", "day", "orbit", "relative_orbit"),
    [
        ("A", "20220204", 41766, 44),  # the catalogue's own tag
        ("A", "20170909", 18302, 30),
        ("B", "20170903", 7231, 30),
        ("A", "20140403", 73, 1),
        ("A", "20140403", 72, 175),
        ("C", "20250331", 1681, 110),
        ("C", "20260608", 8018, 147),
        ("C", "20260624", 8252, 104),  # after its move in the orbit
        ("D", "20260417", 2389, 73),
    ],
)
def test_sentinel_1_relative_orbit_follows_from_the_absolute_one(
    unit: str, day: str, orbit: int, relative_orbit: int
) -> None:
    assert describe(sentinel_1(unit, day, orbit)).relative_orbit == relative_orbit


def test_sentinel_1_repeats_its_track_after_175_orbits() -> None:
    first, next_cycle = describe(sentinel_1("A", "20220123", 41591)), describe(S1)
    assert first.relative_orbit == next_cycle.relative_orbit
    assert next_cycle.orbit == 41591 + 175


def test_the_catalogues_product_name_without_the_unique_id_tells_as_much() -> None:
    assert describe(S1[:-4]) == describe(S1)


@pytest.mark.parametrize("suffix", [".SAFE", ".SAFE.zip", ".zip"])
def test_a_file_names_ending_is_no_part_of_the_product_name(suffix: str) -> None:
    assert describe(S1 + suffix) == describe(S1)
    assert describe(S2 + suffix) == describe(S2)


def test_sentinel_2() -> None:
    assert describe(S2) == Product(
        satellite="Sentinel-2A",
        constellation="Sentinel-2",
        instruments=("msi",),
        product_type="MSIL1C",
        level="L1C",
        baseline="03.01",
        acquired="2022-01-04T10:34:31Z",
        relative_orbit=108,
        mgrs="32UNG",
    )


def test_sentinel_2_is_acquired_when_sensed_not_when_processed() -> None:
    reprocessed = describe("S2B_MSIL2A_20220112T104319_N0510_R008_T32UNG_20240428T024837")
    assert reprocessed.acquired == "2022-01-12T10:43:19Z"
    assert (reprocessed.level, reprocessed.baseline) == ("L2A", "05.10")


def test_sentinel_2_long_names_from_before_december_2016() -> None:
    assert describe("S2A_OPER_PRD_MSIL1C_PDMC_20160308T090616_R094_V20160305T110109_20160305T110109") == Product(
        satellite="Sentinel-2A",
        constellation="Sentinel-2",
        instruments=("msi",),
        product_type="MSIL1C",
        level="L1C",
        acquired="2016-03-05T11:01:09Z",
        relative_orbit=94,
    )
    assert describe("S2A_OPER_MSI_L1C_TL_SGS__20150817T131818_A000792_T28QBG_N01.03") == Product(
        satellite="Sentinel-2A",
        constellation="Sentinel-2",
        instruments=("msi",),
        product_type="MSIL1C",
        level="L1C",
        baseline="01.03",
        orbit=792,
        mgrs="28QBG",
    )


def test_landsat_tells_the_day_alone() -> None:
    assert describe(LANDSAT) == Product(
        satellite="Landsat 8",
        constellation="Landsat",
        instruments=("oli", "tirs"),
        product_type="L1TP",
        level="L1",
        baseline="02 T1",
        acquired="2022-01-04",
        wrs_path=196,
        wrs_row=22,
    )


@pytest.mark.parametrize(
    ("name", "satellite", "instruments", "product_type"),
    [
        ("LC09_L1GT_166003_20250603_20250603_02_T2", "Landsat 9", ("oli", "tirs"), "L1GT"),
        ("LO08_L1TP_166003_20150603_20200603_02_T2", "Landsat 8", ("oli",), "L1TP"),
        ("LT08_L1GT_166003_20150603_20200603_02_T2", "Landsat 8", ("tirs",), "L1GT"),
        ("LE07_L2SP_196022_20020104_20200917_02_T1_SR", "Landsat 7", ("etm+",), "L2SP"),
        ("LT05_L1TP_196022_19900104_20200917_01_RT", "Landsat 5", ("tm",), "L1TP"),
        ("LM01_L1GS_251022_19730104_20200917_02_T2", "Landsat 1", ("mss",), "L1GS"),
    ],
)
def test_landsat_satellites_instruments_and_corrections(
    name: str, satellite: str, instruments: tuple[str, ...], product_type: str
) -> None:
    found = describe(name)
    assert (found.satellite, found.instruments, found.product_type) == (satellite, instruments, product_type)
    assert found.wrs_path is not None


def test_paths_end_at_233_since_landsat_4() -> None:
    assert describe("LC08_L1TP_251022_20220104_20220104_02_T1").wrs_path is None


@pytest.mark.parametrize(
    ("name", "satellite", "constellation", "mode", "product_type", "acquired"),
    [
        (SPOT, "SPOT 6", "SPOT", "MS", "SEN", "2014-12-05T10:19:52.6Z"),
        (PLEIADES, "Pléiades 1A", "Pléiades", "PMS", "SEN", "2012-06-05T03:09:26.5Z"),
        (
            "DS_SPOT7_201806232333174_FR1_FR1_FR1_FR1_E002N41_01174",
            "SPOT 7",
            "SPOT",
            None,
            "DS",
            "2018-06-23T23:33:17.4Z",
        ),
        (
            "DS_PHR1A_201006181052297_FR1_PX_E001N43_0612_06488",
            "Pléiades 1A",
            "Pléiades",
            "PX",
            "DS",
            "2010-06-18T10:52:29.7Z",
        ),
        ("PHR1B_PMS-N_202005110231585_ORT_1", "Pléiades 1B", "Pléiades", "PMS-N", "ORT", "2020-05-11T02:31:58.5Z"),
        ("SPOT6_201412051019526", "SPOT 6", "SPOT", None, None, "2014-12-05T10:19:52.6Z"),
        (
            "IMG_PNEO3_202204031105489_PMS-FS_ORT_PWOI_000125930_1_1_F_1_NED_R2C1.JP2",
            "Pléiades Neo 3",
            "Pléiades Neo",
            "PMS-FS",
            "ORT",
            "2022-04-03T11:05:48.9Z",
        ),
    ],
)
def test_spot_and_pleiades(
    name: str, satellite: str, constellation: str, mode: str | None, product_type: str | None, acquired: str
) -> None:
    assert describe(name) == Product(
        satellite=satellite,
        constellation=constellation,
        instruments={"SPOT": ("naomi",), "Pléiades": ("hiri",), "Pléiades Neo": ()}[constellation],
        mode=mode,
        product_type=product_type,
        acquired=acquired,
    )


@pytest.mark.parametrize(
    "name",
    [
        "",
        "S1",
        "S2",
        "A44_IW1_8979",
        "ENVISAT",
        S1[1:],
        S1.lower(),
        f" {S1}",
        f"{S1}\n",
        f"{S1}\0",
        f"{S2}_extra",
        S1.replace("041766", "٠٤١٧٦٦"),
        S2.replace("T32UNG", "T32INO"),
        "S1" + "_" * 1_000_000,
        S2 * 20_000,
        "DS_PHR1A_201006181052297_" + "_" * 1_000_000,
    ],
)
def test_an_unknown_name_tells_nothing(name: str) -> None:
    assert describe(name) == Product()


def test_a_number_that_cannot_be_is_left_out_and_the_rest_told() -> None:
    assert describe(S1.replace("20220204T170123", "20220230T170123")).acquired is None
    assert describe(S1.replace("20220204T170123", "20220204T240123")).acquired is None
    assert describe(S1.replace("20220204T170123", "20220230T170123")).orbit == 41766
    assert describe(S2.replace("R108", "R144")) == msgspec.structs.replace(describe(S2), relative_orbit=None)
    assert describe(LANDSAT.replace("_20220104_", "_20221304_", 1)).acquired is None


NAMES = st.one_of(
    st.text(max_size=100),
    st.sampled_from([S1, S2, LANDSAT, SPOT, PLEIADES, "A44_IW1_8979"]).flatmap(
        lambda name: st.tuples(st.integers(0, len(name)), st.integers(0, 20), st.text(max_size=20)).map(
            lambda change: name[: change[0]] + change[2] + name[change[0] + change[1] :]
        )
    ),
    st.from_regex(r"S1[A-D]_IW_SLC__1SDV_[0-9]{8}T[0-9]{6}_[0-9]{8}T[0-9]{6}_[0-9]{6}_[0-9A-F]{6}_", fullmatch=True),
    st.from_regex(r"L[CE]0[1-9]_L1TP_[0-9]{6}_[0-9]{8}_[0-9]{8}_02_T1", fullmatch=True),
)


@given(NAMES, NAMES)
@example("\0", "\ud800")
@settings(deadline=None)
def test_no_text_makes_it_raise_and_what_it_tells_is_in_range(name: str, scene: str) -> None:
    found = describe(name)
    if found.acquired is not None:
        (datetime if "T" in found.acquired else date).fromisoformat(found.acquired)
    assert found.relative_orbit is None or 1 <= found.relative_orbit <= 175
    assert found.wrs_path is None or 1 <= found.wrs_path <= 251
    assert found == Product() or None not in (found.satellite, found.constellation)
    describe_tile(name)
    assert track(name, scene) or not name


def test_a_burst_tells_direction_orbit_swath_and_time_since_the_ascending_node() -> None:
    assert describe_tile("A44_IW1_8979") == TileName(
        direction="ascending", relative_orbit=44, swath="IW1", anx_time=8979
    )
    assert describe_tile("D37_IW1_21184") == TileName(
        direction="descending", relative_orbit=37, swath="IW1", anx_time=21184
    )


@pytest.mark.parametrize(
    "name", ["", S2, "A44_IW1", "A44_IW4_8979", "X44_IW1_8979", "A0_IW1_1", "A176_IW1_1", "A44_IW1_8979\n", "A" * 10**6]
)
def test_other_tile_names_tell_nothing(name: str) -> None:
    assert describe_tile(name) == TileName()


def test_a_bursts_orbit_is_its_scenes() -> None:
    assert describe_tile("A44_IW1_8951").relative_orbit == describe(S1).relative_orbit


@pytest.mark.parametrize(
    ("tile", "scene", "expected"),
    [
        ("A44_IW1_8979", S1, "A44_IW1_8979"),
        (S2, S2, "32UNG R108"),
        ("S2B_MSIL1C_20220112T104319_N0510_R008_T32UNG_20240428T024837", S2, "32UNG R008"),
        ("S2A_OPER_MSI_L1C_TL_SGS__20150817T131818_A000792_T28QBG_N01.03", "scene", "28QBG"),
        (LANDSAT, LANDSAT, "196/022"),
        ("field7", S2, "field7"),
        ("", "", ""),
    ],
)
def test_track(tile: str, scene: str, expected: str) -> None:
    assert track(tile, scene) == expected


@pytest.mark.parametrize(
    ("tile", "expected"),
    [
        ("field7_20220104", "field7"),
        ("20220104_field7", "field7"),
        ("north_20220104_field7", "north_field7"),
        ("field7_2022-01-04", "field7"),
        ("field7_20220104T103431", "field7"),
        ("field7_2022-01-04T10:34:31Z.tif", "field7.tif"),
    ],
)
def test_an_acquisition_date_is_no_part_of_a_track(tile: str, expected: str) -> None:
    assert track(tile, S2) == expected
    assert track(tile, "a scene without a date") == expected


@pytest.mark.parametrize(
    "tile",
    [
        "field7_20210101",  # not the day on which the scene was taken
        "20220104",  # nothing else to name the track by
        "field720220104",  # digits that may be a part of a longer number
        "field7_20221304",
    ],
)
def test_what_may_be_no_acquisition_date_stays(tile: str) -> None:
    assert track(tile, S2) == tile


def test_tiles_of_one_field_on_many_days_share_a_track() -> None:
    days = [date(2022, 1, day).strftime("%Y%m%d") for day in range(1, 32)]
    scenes = [f"PHR1A_PMS_{day}1019526_ORT_1" for day in days]
    assert {track(f"field_{day}_7", scene) for day, scene in zip(days, scenes, strict=True)} == {"field_7"}
