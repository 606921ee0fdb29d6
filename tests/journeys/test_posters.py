"""Sheets of paper hold whatever words the form takes: measured as a real browser lays them out."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from punchcard.web.console.programs.poster_sheets import SHEETS
from tests.journeys.owner_steps import PAGES_OF_A_PDF, PAPER, POINTS_A_MILLIMETRE, sign_in
from tests.journeys.support.visits import Visits
from tests.loyalty import shelf
from tests.support.cast import Shop

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MILLIMETRES = {"a4": (210, 297), "a5": (148, 210), "a6": (105, 148)}
SMALLEST_CODE_OF_THE_WIDTH = 0.28

BREAKFAST = "Ein Frühstück für zwei Personen mit Kaffee, Orangensaft und hausgemachter Marmelade"
PETIT_DEJEUNER = "Un petit-déjeuner pour deux avec café, jus d’orange et confiture faite maison"


def texts(card: tuple[str, str], reward: tuple[str, str], target: int = 10) -> dict[str, Any]:
    """Return a program's words in German and French."""
    return {
        "card_name": card[0],
        "stamps_target": target,
        "stamp_reward": {"name": reward[0]},
        "texts": {
            "de": {"card_name": card[0], "reward_name": reward[0]},
            "fr": {"card_name": card[1], "reward_name": reward[1]},
        },
    }


CASES: dict[str, dict[str, Any]] = {
    "short": texts(("Kaffeekarte", "Carte café"), ("Ein Kaffee", "Un café")),
    "ordinary": texts(("Stammgastkarte", "Carte de fidélité"), (BREAKFAST, PETIT_DEJEUNER)),
    "compounds": texts(
        ("Konditorei-Stammkundenkarte", "Carte des gourmandises"),
        ("Geburtstagsüberraschungskuchen", "Gâteau d’anniversaire surprise"),
        15,
    ),
    "the longest": texts(
        (("Stammkundenkarte der Konditorei " * 4)[:120], ("Carte de fidélité du salon " * 5)[:120]),
        ((BREAKFAST + " und noch einem Stück Kuchen dazu")[:120], ("Boulangerie " * 10)[:120]),
        15,
    ),
    "one word": texts(("Donaudampfschifffahrt" * 5, "W" * 120), ("M" * 120, "ij" * 60)),
    "no language of ours": texts(
        ("コーヒーカード" * 8, "بطاقة القهوة المجانية"), ("☕️" * 30, "🥐" * 60)
    ),
}

LAYOUT = """
() => {
  const faults = [];
  const sheet = document.querySelector("#sheet");
  const box = (element) => element.getBoundingClientRect();
  const outer = box(sheet);
  const inside = (inner, outer) =>
    inner.left >= outer.left - 0.5 && inner.right <= outer.right + 0.5 &&
    inner.top >= outer.top - 0.5 && inner.bottom <= outer.bottom + 0.5;
  const apart = (one, other) =>
    one.right <= other.left + 0.5 || other.right <= one.left + 0.5 ||
    one.bottom <= other.top + 0.5 || other.bottom <= one.top + 0.5;
  const faces = sheet.querySelectorAll(".tent-face");
  const codes = [];
  for (const face of faces.length ? faces : [sheet]) {
    const names = ["header", ".poster-promises", ".poster-code svg", "footer"];
    const parts = names.map((name) => [name, []]);
    for (const [name, boxes] of parts) {
      const part = face.querySelector(name);
      if (name.endsWith("svg")) {
        boxes.push(box(part));
        codes.push(box(part).width / outer.width);
        continue;
      }
      const range = document.createRange();
      range.selectNodeContents(part);
      boxes.push(...[...range.getClientRects()].filter((rect) => rect.width && rect.height));
    }
    for (const [name, boxes] of parts)
      for (const rect of boxes)
        if (!inside(rect, box(face)) || !inside(rect, outer)) faults.push(`${name} sticks out`);
    parts.forEach(([one, mine], place) => {
      for (const [other, theirs] of parts.slice(place + 1))
        for (const a of mine) for (const b of theirs)
          if (!apart(a, b)) faults.push(`${one} lies on ${other}`);
    });
  }
  return { faults: [...new Set(faults)], smallest: Math.min(...codes) };
}
"""


def shown(page: Page, program_id: str, sheet: str, languages: str) -> dict[str, Any]:
    """Lay a sheet out as for paper; returns what is wrong with it."""
    page.goto(f"/console/programs/{program_id}/poster?format={sheet}{languages}")
    page.emulate_media(media="print")
    found: dict[str, Any] = page.evaluate(LAYOUT)
    page.emulate_media(media="screen")
    return found


@ON_SQLITE
@pytest.mark.parametrize("case", CASES)
def test_every_sheet_holds_all_its_words_apart(visits: Visits, alice: Shop, case: str) -> None:
    program = shelf.program(alice, status="active", **CASES[case])
    page = visits.open(width=1440)
    sign_in(page, alice)
    faults = {}
    for sheet in SHEETS:
        for languages in ("&languages=de", "&languages=fr&languages=de"):
            found = shown(page, program.id, sheet, languages)
            if found["faults"] or found["smallest"] < SMALLEST_CODE_OF_THE_WIDTH:
                faults[sheet + languages] = found
    assert faults == {}, json.dumps(faults, indent=1)


@ON_SQLITE
@pytest.mark.parametrize("sheet", SHEETS)
def test_a_sheet_is_one_page_of_its_paper(
    visits: Visits, alice: Shop, sheet: str, tmp_path: Path
) -> None:
    program = shelf.program(alice, status="active", **CASES["ordinary"])
    page = visits.open(width=1440)
    sign_in(page, alice)
    page.goto(f"/console/programs/{program.id}/poster?format={sheet}&languages=de&languages=fr")
    page.emulate_media(media="print")
    corner = page.locator("#sheet").evaluate("sheet => getComputedStyle(sheet).borderRadius")
    assert corner == "0px", "paper has square corners"
    printed = page.pdf(path=tmp_path / f"{sheet}.pdf", prefer_css_page_size=True)
    assert len(PAGES_OF_A_PDF.findall(printed)) == 1
    (paper,) = PAPER.findall(printed)
    sides = tuple(round(float(side) / POINTS_A_MILLIMETRE) for side in paper)
    assert sides == MILLIMETRES[SHEETS[sheet].paper]
