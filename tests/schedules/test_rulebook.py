"""The rulebook as a whole, and each defect refused with file, rule and reason."""

import shutil
import tomllib
from collections import Counter
from dataclasses import replace
from datetime import date
from math import prod
from pathlib import Path

import pytest

from schedules.place import RulebookError
from schedules.rule import WALKED, Outcome
from schedules.rulebook import RULES, load
from schedules.selection import ClockRules
from schedules.terms import Clock, Kind, Verified, clocks_of, traits_of

BOOK = load()


def test_every_kind_and_clock_has_rules_and_says_what_it_does_not_model():
    assert {rules.clock for rules in BOOK.clocks.values()} == set(Clock)
    for kind in Kind:
        assert BOOK.rules_for(kind)
        assert BOOK.not_modelled[kind]
        for clock in clocks_of(kind):
            assert (kind, clock) in BOOK.done_by


@pytest.mark.parametrize("rules", BOOK.clocks.values(), ids=lambda rules: f"{rules.kind}-{rules.clock}")
def test_each_point_of_the_finite_fact_space_has_exactly_one_rule(rules):
    """Walked apart from the loader's own walk: matching and overriding are done here anew."""
    days = {date(1990, 1, 1), date(2026, 11, 22)}
    days |= {version.effective_from for rule in rules.rules for version in rule.versions if version.effective_from}
    walked = [rule for rule in rules.rules if rule.outcome not in (Outcome.SCRAP, Outcome.BEFORE_USE)]
    used = {condition.fact for rule in rules.rules for condition in rule.when}
    sizes = [len(trait.lawful) for name, trait in traits_of(rules.kind).items() if name in used]
    points = list(rules.points())
    assert len(points) == 6 * (len(rules.codes) + 1) * prod(sizes)  # no inspection yet, or one of five grades
    for point in points:
        matching = [r for r in walked if all(point.get(c.fact) in c.allowed for c in r.when)]
        beaten = {key for rule in matching for key in rule.overrides}
        if "all" in beaten:
            left = [rule for rule in matching if "all" in rule.overrides]
        else:
            left = [rule for rule in matching if rule.key not in beaten]
        assert len(left) == 1, point
        traits = {name: point[name] for name in rules.traits}
        for day in days:
            chosen = rules.select(point["stage"] == "later", point["catalogue_code"], point["grade"], traits, day)
            assert len(chosen.candidates) == 1
            assert chosen.missing == ()
            assert chosen.candidates[0].version.rule == left[0].key


@pytest.mark.parametrize("rules", BOOK.clocks.values(), ids=lambda rules: f"{rules.kind}-{rules.clock}")
def test_the_walk_finds_the_gap_that_any_missing_rule_leaves(rules):
    """Apart from rules that override (another stands below) and those of a code, which then is one of the others."""
    needed = [one for one in rules.rules if one.outcome in WALKED and not one.overrides]
    for missing in needed:
        if any(one.fact == "catalogue_code" for one in missing.when) and len(needed) > 1:
            continue
        left = tuple(one for one in rules.rules if one is not missing)
        with pytest.raises(RulebookError, match=r"没有规则适用于|overrides 指向没有的规则"):
            ClockRules(rules.kind, rules.clock, left, rules.heading).check()


@pytest.mark.parametrize("rules", BOOK.clocks.values(), ids=lambda rules: f"{rules.kind}-{rules.clock}")
def test_the_walk_finds_the_overlap_that_any_rule_written_twice_leaves(rules):
    for rule in rules.rules:
        if rule.outcome in WALKED:
            twin = replace(rule, key=f"{rule.key}.twin")
            with pytest.raises(RulebookError, match="同时适用"):
                ClockRules(rules.kind, rules.clock, (*rules.rules, twin), rules.heading).check()


def test_every_rule_is_reachable():
    reached = Counter()
    for rules in BOOK.clocks.values():
        for point in rules.points():
            traits = {name: point[name] for name in rules.traits}
            selection = rules.select(
                point["stage"] == "later", point["catalogue_code"], point["grade"], traits, date(2026, 11, 22)
            )
            reached[rules.kind, selection.candidates[0].version.rule] += 1
    walked = {(r.kind, r.key) for r in BOOK.rules if r.outcome not in (Outcome.SCRAP, Outcome.BEFORE_USE)}
    assert walked == set(reached)


def test_the_new_documents_carry_the_earlier_figures_as_unknown():
    for version in BOOK.versions:
        if version.document in ("TSG 31-2025", "TSG 92-2026", "TSG 08-2026"):
            assert version.verified is Verified.UNKNOWN


def test_digests_are_stable_and_tell_versions_apart():
    again = load()
    assert again.digest == BOOK.digest
    assert [v.digest for v in again.versions] == [v.digest for v in BOOK.versions]
    keys = [(v.kind, v.rule, v.digest) for v in BOOK.versions]
    assert len(set(keys)) == len(keys)


def copy_of_the_rules(tmp_path, file, old, new):
    folder = tmp_path / "rules"
    shutil.copytree(RULES, folder)
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    return folder


def test_looking_again_without_a_change_keeps_confirmations(tmp_path):
    folder = copy_of_the_rules(tmp_path, "gauge.toml", "checked_on = 2026-11-22", "checked_on = 2027-11-22")
    assert load(folder).digest == BOOK.digest


def test_a_changed_figure_changes_the_digest(tmp_path):
    folder = copy_of_the_rules(tmp_path, "gauge.toml", "max_months = 6", "max_months = 5")
    assert load(folder).digest != BOOK.digest


def test_a_new_document_is_a_new_file(tmp_path):
    """A later edition arrives as one file; only the repealed document's end date is entered beside it."""
    folder = copy_of_the_rules(
        tmp_path,
        "sources.toml",
        'document = "TSG 24-2015"',
        'document = "TSG 24-2015"\neffective_to = 2028-01-01',
    )
    cite = 'document = "TSG 24-2028"\nclause = "5.1"\nverified = "text"\nchecked_on = 2028-01-01\n'
    (folder / "zz_chamber_2028.toml").write_text(
        'kind = "chamber"\nfirst_counts_from = "put_into_use_on"\n'
        '[[source]]\ndocument = "TSG 24-2028"\ntitle = "x"\neffective_from = 2028-01-01\n'
        'verified = "text"\nchecked_on = 2028-01-01\n'
        '[[rule]]\nkey = "annual.2028"\nclock = "annual"\nname = "a"\n'
        f'[[rule.version]]\n{cite}months = 12\nparaphrase = "一年"\n'
        '[[rule]]\nkey = "periodic.2028"\nclock = "periodic"\nname = "p"\n'
        f'[[rule.version]]\n{cite}months = 48\nparaphrase = "四年"\n',
        "utf-8",
    )
    rules = load(folder).clocks[Kind.CHAMBER, Clock.PERIODIC]
    assert rules.select(True, "2410", None, {}, date(2027, 12, 31)).candidates[0].version.max_months == 36
    assert rules.select(True, "2410", None, {}, date(2028, 1, 1)).candidates[0].version.max_months == 48


DEFECTS = tomllib.loads(Path(__file__).with_name("defects.toml").read_text("utf-8"))


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_refused_with_file_rule_and_reason(tmp_path, defect):
    said = DEFECTS[defect]
    with pytest.raises(RulebookError) as refusal:
        load(copy_of_the_rules(tmp_path, said["file"], said["old"], said["new"]))
    error = refusal.value
    assert said["where"] in (error.rule, error.file)
    assert said["reason"] in error.reason
    assert error.file in str(error)
    assert error.reason in str(error)


def test_a_missing_file_leaves_a_gap(tmp_path):
    folder = copy_of_the_rules(tmp_path, "gauge.toml", "months = 6", "months = 6")
    (folder / "gauge.toml").unlink()
    with pytest.raises(RulebookError, match="压力表的检定没有任何规则"):
        load(folder)


def test_an_empty_folder_is_no_rulebook(tmp_path):
    with pytest.raises(RulebookError, match="目录中没有规则文件"):
        load(tmp_path)


def test_conditions_read_as_chinese():
    rule = next(r for r in BOOK.rules if r.key == "periodic.nonmetal.grade_4_other_medium")
    assert [str(condition) for condition in rule.when] == [
        "次序：以后各次检验",
        "材料：非金属",
        "安全状况等级：4级",
        "仍用于原介质：否",
    ]
