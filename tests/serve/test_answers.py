"""The server's answers: whose they are, in which form, and what it says to those who want to change something."""

import gzip
from pathlib import Path
from urllib.parse import quote

import pytest
from werkzeug.test import Client

from pipeline.serve.application import Application

TEXT = "text/plain; charset=utf-8"


class TestNames:
    @pytest.mark.parametrize("name", ["Demo", "a b", "a%20b", "übersee/nord", "..", "-rf", "*", "index.json"])
    def test_an_aoi_is_found_by_its_name_percent_encoded_once(self, client: Client, name: str) -> None:
        answer = client.get(f"/aoi/{quote(name, safe='')}")
        assert (answer.status_code, answer.content_type) == (200, TEXT)
        assert answer.text.startswith("Scenes:\n")
        assert client.get(f"/aoi/{quote(name, safe='')}/scenes").status_code == 200

    def test_the_list_has_them_all_by_name(self, client: Client) -> None:
        listed = client.get("/aoi/").json
        assert [one["ID"] for one in listed] == sorted(
            ["Demo", "Demo2", "a b", "a%20b", "übersee/nord", "..", "-rf", "*", "index.json"]
        )

    @pytest.mark.parametrize(
        ("pattern", "found"),
        [
            ("Demo*", ["Demo", "Demo2"]),
            ("Demo%3F", ["Demo2"]),
            ("*e%3Fo", ["Demo"]),
            ("a*b", ["a b", "a%20b"]),
            ("%C3%BC*", ["übersee/nord"]),
            ("demo*", []),
            ("x*", []),
        ],
    )
    def test_a_pattern_lists_those_that_match(self, client: Client, pattern: str, found: list[str]) -> None:
        answer = client.get(f"/aoi/{pattern}")
        assert answer.content_type == "application/json"
        assert [one["ID"] for one in answer.json] == found

    def test_a_name_that_looks_like_a_pattern_is_a_name_first(self, client: Client) -> None:
        assert client.get("/aoi/*").text.startswith("Scenes:")

    def test_what_is_not_there_is_not_found(self, client: Client) -> None:
        for path in ("/aoi/Nowhere", "/aoi/Nowhere/scenes", "/aoi/Demo/scenes/GONE", "/scene/99", "/tile/-1", "/aoi"):
            answer = client.get(path)
            assert (answer.status_code, answer.content_type) == (404, TEXT), path

    def test_a_bare_question_mark_starts_the_query_and_the_answer_says_how_to_write_it(self, client: Client) -> None:
        answer = client.get("/aoi/Dem?")
        assert answer.status_code == 404
        assert client.get("/aoi/Dem?o=1").text.endswith("(in a pattern a question mark is written %3F)\n")


class TestIds:
    @pytest.mark.parametrize("text", ["1", "+1", "001"])
    def test_an_id_is_read_as_the_api_reads_it(self, client: Client, text: str) -> None:
        assert client.get(f"/scene/{text}").json["id"] == 1

    @pytest.mark.parametrize("path", ["/scene/abc", "/tile/abc", "/scene/abc/tiles", "/scene/1e3", "/scene/%D9%A1"])
    def test_what_is_no_number_is_a_bad_request(self, client: Client, path: str) -> None:
        assert client.get(path).status_code == 400

    def test_a_number_of_more_than_64_bits_is_a_bad_request(self, client: Client) -> None:
        assert client.get("/scene/9223372036854775807").status_code == 404
        assert client.get("/scene/9223372036854775808").status_code == 400

    def test_pages_and_files_of_scenes_are_no_ids(self, client: Client) -> None:
        assert client.get("/scene/1.html").content_type == "text/html; charset=utf-8"
        assert client.get("/scene/1.geojson").content_type == "application/geo+json"
        assert client.get("/scene/abc.html").status_code == 404


class TestLists:
    def test_pages_are_counted_from_zero(self, client: Client) -> None:
        def ids(query: str) -> list[int]:
            return [one["id"] for one in client.get(f"/aoi/Demo/scenes?{query}").json]

        assert ids("page=0&limit=2") == [1, 2]
        assert ids("page=1&limit=2") == [3]
        assert ids("page=2&limit=2") == []
        assert ids("limit=1") == [1]
        assert ids("page=0") == [1, 2, 3]

    @pytest.mark.parametrize("query", ["page=-1", "page=x", "limit=0", "limit=1.5", "page=", "limit=99999999999"])
    def test_a_page_that_makes_no_sense_is_a_bad_request(self, client: Client, query: str) -> None:
        assert client.get(f"/aoi/Demo/scenes?{query}").status_code == 400

    @pytest.mark.parametrize("path", ["tiles", "tiles/RETRY", "scenes/PENDING", "roottiles", "leaftiles"])
    def test_every_list_has_pages(self, client: Client, path: str) -> None:
        whole = client.get(f"/aoi/Demo/{path}").json
        assert client.get(f"/aoi/Demo/{path}?page=0&limit=1").json == whole[:1]

    def test_what_is_no_list_has_none(self, client: Client) -> None:
        assert client.get("/scene/1?page=x").status_code == 200
        assert client.get("/aoi/Demo?limit=x").status_code == 200


class TestPages:
    def test_the_front_page_is_at_the_root(self, client: Client, served_site: Path) -> None:
        answer = client.get("/")
        assert answer.content_type == "text/html; charset=utf-8"
        assert answer.data == (served_site / "index.html").read_bytes()

    def test_an_aoi_with_a_slash_behind_it_is_its_page(self, client: Client, served_site: Path) -> None:
        page = (served_site / "aoi/a%20b/index.html").read_bytes()
        assert client.get("/aoi/a%20b/").data == page, "by its name"
        assert client.get("/aoi/a%2520b/").data == page, "by its folder, as the site's own pages link to it"

    def test_the_sites_own_links_lead_to_its_files_whatever_the_aoi_is_called(self, client: Client) -> None:
        for folder in ("Demo", "a%2520b", "a%252520b", "%25C3%25BCbersee%252Fnord", "%252E."):
            assert client.get(f"/aoi/{folder}/index.html").status_code == 200, folder
            assert client.get(f"/aoi/{folder}/scenes.json").status_code == 200, folder

    def test_a_folder_with_a_page_leads_there_and_one_without_is_not_listed(self, client: Client) -> None:
        moved = client.get("/events")
        assert (moved.status_code, moved.headers["Location"]) == (301, "./events/")
        assert client.get("/events/").status_code == 200
        assert client.get("/scene/").status_code == 404
        assert client.get("/assets/").status_code == 404
        assert client.get("/assets").status_code == 404

    def test_every_file_of_the_site_is_served_with_a_known_type(self, client: Client, served_site: Path) -> None:
        for path in served_site.rglob("*"):
            if path.is_file() and path.relative_to(served_site).as_posix() != "aoi/index.json":
                answer = client.get(f"/{quote(path.relative_to(served_site).as_posix())}")
                assert answer.status_code == 200, path
                assert answer.data == path.read_bytes(), path
                if path.name != "LICENSE":
                    assert answer.content_type != "application/octet-stream", path


class TestRefusals:
    @pytest.mark.parametrize(
        ("method", "path", "command"),
        [
            ("POST", "/aoi/New", "sceneboard aoi create New"),
            ("POST", "/aoi/a%20b", "sceneboard aoi create 'a b'"),
            ("POST", "/aoi/-rf", "sceneboard aoi create -- -rf"),
            ("POST", "/aoi/x%3B%20rm%20-rf", "sceneboard aoi create 'x; rm -rf'"),
            ("POST", "/aoi/x%0A%1B", "sceneboard aoi create $'x\\012\\033'"),
            ("DELETE", "/aoi/Demo", "sceneboard aoi delete Demo"),
            ("POST", "/aoi/Demo/scene", "sceneboard scene add Demo FILE"),
            ("PUT", "/aoi/Demo/retry", "sceneboard aoi retry Demo"),
            ("PUT", "/aoi/Demo/retry/force", "sceneboard aoi retry --force Demo"),
            ("PUT", "/scene/12/retry", "sceneboard scene retry 12"),
            ("PUT", "/scene/12/fail", "sceneboard scene fail 12"),
            ("PUT", "/scene/12/fail/force", "sceneboard scene fail --force 12"),
            ("PUT", "/tile/31/retry", "sceneboard tile retry 31"),
            ("PUT", "/tile/31/fail", "sceneboard tile fail 31"),
            ("PUT", "/tile/31/force/DONE", "sceneboard tile force 31 DONE"),
            ("PUT", "/tile/31/force/%24(reboot)", "sceneboard tile force 31 STATUS"),
            ("PUT", "/tile/%24(reboot)/retry", "sceneboard tile retry ID"),
            ("PUT", "/tile/31/data", "sceneboard tile set-data 31 FILE"),
            ("DELETE", "/index.html", "sceneboard --help"),
            ("PATCH", "/", "sceneboard --help"),
        ],
    )
    def test_a_change_is_refused_with_the_command_that_makes_it(
        self, client: Client, method: str, path: str, command: str
    ) -> None:
        answer = client.open(path, method=method, data=b"{}")
        assert (answer.status_code, answer.content_type) == (405, TEXT)
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert answer.text.splitlines()[-1].strip() == command


class TestHttp:
    def test_head_says_what_get_would_without_a_body(self, client: Client) -> None:
        got, headed = client.get("/aoi/Demo/scenes"), client.head("/aoi/Demo/scenes")
        assert headed.data == b""
        changing = ("Date",)
        assert [pair for pair in headed.headers if pair[0] not in changing] == [
            pair for pair in got.headers if pair[0] not in changing
        ]

    def test_an_answer_that_has_not_changed_is_not_sent_again(self, client: Client) -> None:
        first = client.get("/aoi/Demo/scenes")
        assert first.headers["Cache-Control"] == "no-cache", "asked about each time"
        for header, value in (
            ("If-None-Match", first.headers["ETag"]),
            ("If-Modified-Since", first.headers["Last-Modified"]),
        ):
            again = client.get("/aoi/Demo/scenes", headers={header: value})
            assert (again.status_code, again.data) == (304, b"")
        assert client.get("/aoi/Demo/scenes", headers={"If-None-Match": '"other"'}).status_code == 200

    def test_each_page_of_a_list_has_a_tag_of_its_own(self, client: Client) -> None:
        tags = [client.get(f"/aoi/Demo/scenes?page={page}&limit=1").headers["ETag"] for page in range(3)]
        assert len(set(tags)) == 3

    def test_a_part_can_be_asked_for(self, client: Client) -> None:
        whole = client.get("/").data
        part = client.get("/", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.data) == (206, whole[10:20])
        assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
        assert client.get("/", headers={"Range": "bytes=-5"}).data == whole[-5:]
        beyond = client.get("/", headers={"Range": f"bytes={len(whole)}-"})
        assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole)}")

    def test_of_several_parts_the_whole_is_sent(self, client: Client) -> None:
        assert client.get("/", headers={"Range": "bytes=0-1,4-5"}).status_code == 200

    def test_a_part_of_what_has_changed_meanwhile_is_the_whole(self, client: Client) -> None:
        answer = client.get("/", headers={"Range": "bytes=0-1", "If-Range": '"older"'})
        assert answer.status_code == 200
        same = {"Range": "bytes=0-1", "If-Range": answer.headers["ETag"]}
        assert client.get("/", headers=same).status_code == 206

    def test_large_texts_are_compressed_for_those_who_can_read_it(self, client: Client) -> None:
        plain = client.get("/", headers={"Accept-Encoding": "identity"})
        packed = client.get("/", headers={"Accept-Encoding": "br;q=1.0, gzip;q=0.8"})
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["ETag"] != plain.headers["ETag"]
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert "Content-Encoding" not in client.get("/", headers={"Accept-Encoding": "gzip;q=0"}).headers
        assert "Content-Encoding" not in client.get("/tile/11", headers={"Accept-Encoding": "gzip"}).headers, "small"

    def test_nothing_is_guessed_framed_or_told_on(self, client: Client) -> None:
        for path in ("/", "/aoi/Demo", "/scene/abc", "/nothing"):
            headers = client.get(path).headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
            assert headers["Referrer-Policy"] == "no-referrer"

    def test_a_list_that_was_rebuilt_is_seen(self, tmp_path: Path) -> None:
        (tmp_path / "aoi").mkdir()
        (tmp_path / "aoi/index.json").write_text('[{"ID":"A","status":"NEW"}]')
        client = Client(Application(tmp_path))
        assert [one["ID"] for one in client.get("/aoi/*").json] == ["A"]
        (tmp_path / "aoi/new.json").write_text('[{"ID":"A","status":"NEW"},{"ID":"B","status":"NEW"}]')
        (tmp_path / "aoi/new.json").replace(tmp_path / "aoi/index.json")
        assert [one["ID"] for one in client.get("/aoi/*").json] == ["A", "B"]


class TestOrigins:
    ALLOWED = ("null", "http://localhost:8000", "http://127.0.0.1", "https://[::1]:9", "http://127.9.0.1:80")
    OTHERS = ("https://example.org", "http://localhost.example.org", "http://127.0.0.1.example.org", "file://", "")

    @pytest.mark.parametrize("origin", ALLOWED)
    def test_pages_of_this_machine_and_from_files_may_read(self, client: Client, origin: str) -> None:
        answer = client.get("/aoi/", headers={"Origin": origin})
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert "Origin" in answer.headers["Vary"]

    @pytest.mark.parametrize("origin", OTHERS)
    def test_others_may_not(self, client: Client, origin: str) -> None:
        assert "Access-Control-Allow-Origin" not in client.get("/aoi/", headers={"Origin": origin}).headers
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        assert client.options("/aoi/", headers=asked).status_code == 403

    def test_unless_they_are_named(self, served_site: Path) -> None:
        client = Client(Application(served_site, ["https://ops.example.org"]))
        allowed = client.get("/aoi/", headers={"Origin": "https://ops.example.org"})
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://ops.example.org"
        assert (
            "Access-Control-Allow-Origin" not in client.get("/aoi/", headers={"Origin": "https://example.org"}).headers
        )

    def test_a_star_allows_any(self, served_site: Path) -> None:
        answer = Client(Application(served_site, ["*"])).get("/aoi/", headers={"Origin": "https://example.org"})
        assert answer.headers["Access-Control-Allow-Origin"] == "https://example.org"

    def test_a_preflight_with_authorization_is_answered(self, client: Client) -> None:
        """The API's own page sends an Authorization header with everything."""
        answer = client.options(
            "/aoi/Demo/tiles/RETRY",
            headers={
                "Origin": "null",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "authorization",
                "Access-Control-Request-Private-Network": "true",
            },
        )
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "null"
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert "GET" in answer.headers["Access-Control-Allow-Methods"]
        assert answer.headers["Access-Control-Allow-Private-Network"] == "true"

    def test_a_page_can_read_what_to_run_instead(self, client: Client) -> None:
        asked = {"Origin": "null", "Access-Control-Request-Method": "PUT"}
        assert "PUT" in client.options("/tile/11/retry", headers=asked).headers["Access-Control-Allow-Methods"]
        refused = client.put("/tile/11/retry", headers={"Origin": "null", "Authorization": "Bearer x"})
        assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (405, "null")

    def test_options_without_an_origin_tells_the_methods(self, client: Client) -> None:
        answer = client.options("/aoi/Demo")
        assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
