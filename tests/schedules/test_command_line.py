"""`python -m schedules due` and `check` as a person or a script calls them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from schedules.rulebook import RULES

ROOT = Path(__file__).parents[2]
VESSEL = {
    "id": "V-1",
    "equipment": {"catalogue_code": "2150", "put_into_use_on": "2024-03-15", "traits": {"material": "metal"}},
}


def run(*args, stdin=b""):
    done = subprocess.run(
        [sys.executable, "-m", "schedules", *map(str, args)],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        timeout=60,
    )
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def as_bytes(value):
    return json.dumps(value, ensure_ascii=False).encode()


def test_results_come_in_the_order_of_the_cases():
    code, out, _ = run("due", "--on", "2026-11-22", stdin=as_bytes([VESSEL, {**VESSEL, "id": "V-2"}]))
    assert code == 0
    results = json.loads(out)
    assert [result["id"] for result in results] == ["V-1", "V-2"]
    assert [clock["clock"] for clock in results[0]["clocks"]] == ["annual", "periodic"]


def test_a_case_that_cannot_be_read_does_not_cost_the_others(tmp_path):
    file = tmp_path / "案例.json"
    file.write_bytes(as_bytes([{"id": "bad", "equipment": {"catalogue_code": "0000"}}, VESSEL, None]))
    code, out, err = run("due", "--on", "2026-11-22", file)
    assert code == 1
    assert err.splitlines()[0].startswith('第 1 个案例（id "bad"）：equipment.catalogue_code')
    assert len(err.splitlines()) == 2
    bad, good, nothing = json.loads(out)
    assert bad["id"] == "bad"
    assert "目录代码 “0000”" in bad["error"]
    assert good["clocks"][1]["on"] == "2027-03-15"
    assert nothing["error"] == "案例：应为 JSON 对象（键和值），现为 空。"


@pytest.mark.parametrize(
    ("args", "stdin", "words"),
    [
        (["due", "--on", "2026-11-22"], b"{", "标准输入 不是有效的 UTF-8 JSON"),
        (["due", "--on", "2026-11-22"], b'"\xff"', "标准输入 不是有效的 UTF-8 JSON"),
        (["due", "--on", "2026-11-22"], b"[NaN]", "NaN is not JSON"),
        (["due", "--on", "2026-11-22"], b'[{"id": 1, "equipment": {}, "id": 2}]', 'duplicate key "id"'),
        (["due", "--on", "2026-11-22"], b"[" * 100_000, "标准输入 不是有效的 UTF-8 JSON"),
        (["due", "--on", "2026-11-22"], b"{}", "应为 JSON 数组"),
        (["due", "--on", "2026-11-22", "no-such.json"], b"", "读不到文件 no-such.json"),
        (["due", "--on", "2026-11"], b"[]", "'2026-11' 不是日期"),
        (["due"], b"[]", "--on"),
        (["check", "--rules", "no-such-folder"], b"", "没有规则目录 no-such-folder"),
        (["check", "--against", "x"], b"", "--against 与 --register 须同时给出"),
        (["dance"], b"", "没有命令 'dance'"),
        ([], b"", "用法"),
    ],
)
def test_unusable_input_is_one_sentence_on_stderr_and_exit_2(args, stdin, words):
    code, out, err = run(*args, stdin=stdin)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def test_strange_ids_come_back_as_they_were():
    ids = [None, 5, "罐\ud800", ["a"], {"b": 1.5}, True]
    stdin = json.dumps([{**VESSEL, "id": one} for one in ids]).encode()
    code, out, _ = run("due", "--on", "2026-11-22", stdin=stdin)
    assert code == 0
    assert [result["id"] for result in json.loads(out)] == ids


def test_no_cases_no_results():
    assert run("due", "--on", "2026-11-22", stdin=b"\xef\xbb\xbf[]")[:2] == (0, "[]\n")


def changed_rules(tmp_path, file, old, new):
    folder = tmp_path / "rules"
    shutil.copytree(RULES, folder)
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    return folder


def test_check_lists_what_is_still_to_verify():
    code, out, err = run("check", "--on", "2026-11-22")
    assert (code, err) == (0, "")
    assert "periodic.metal.grade_1_2  TSG 21-2016 8.1.6.1  [secondary]" in out
    assert "按 2026-11-22 计：0" in out


def test_check_lists_sources_gone_stale():
    code, out, _ = run("check", "--on", "2028-01-01")
    assert code == 0
    assert "TSG 21-2016  固定式压力容器安全技术监察规程（含第1号修改单）  最近核对 2026-11-22" in out


def test_check_refuses_a_bad_rulebook_with_exit_1(tmp_path):
    folder = changed_rules(tmp_path, "fixed_vessel.toml", "grade = [1, 2]", "grade = 1")
    code, out, err = run("check", "--rules", folder)
    assert (code, out) == (1, "")
    assert err.startswith("规则文件 fixed_vessel.toml，规则 periodic：")
    assert err.count("\n") == 1


def test_check_against_says_which_dates_move_and_by_how_much(tmp_path):
    folder = changed_rules(tmp_path, "fixed_vessel.toml", "max_months = 36", "max_months = 24")
    register = tmp_path / "register.json"
    boiler = {"id": "B-1", "equipment": {"catalogue_code": "1100", "put_into_use_on": "2024-03-15"}}
    register.write_bytes(as_bytes([VESSEL, boiler]))
    code, out, _ = run("check", "--rules", folder, "--against", RULES, "--register", register, "--on", "2026-11-22")
    assert code == 0
    assert "V-1  定期检验：2027-03-15（正常） → 2026-03-15（超期）（-365 天）" in out
    assert "B-1" not in out
    assert "有变动的设备 1 台，不变的 1 台" in out


def test_a_register_row_that_cannot_be_read_is_named(tmp_path):
    register = tmp_path / "register.json"
    register.write_bytes(as_bytes([VESSEL, {"id": "X", "equipment": {"catalogue_code": "9"}}]))
    code, out, _ = run("check", "--against", RULES, "--register", register)
    assert code == 1
    assert "无法读取 X：equipment.catalogue_code" in out


def test_the_due_engine_runs_on_the_standard_library_alone():
    """-S leaves out site-packages, -I the environment: the interpreter and this folder are left."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import schedules.commands, schedules.ladder, schedules.workdays, schedules.rulebook\n"
        "schedules.rulebook.load()\n"
        "from pathlib import Path\n"
        "ours = {name.split('.')[0] for name in sys.modules}\n"
        "print(sorted(ours - set(sys.stdlib_module_names) - {'schedules', '__main__'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", script, str(ROOT)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
