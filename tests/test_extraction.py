"""The day of extraction that the exports tell, whatever strange names lie among them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from socle.lecture.extraction import jour_d_extraction

A, B = "010000001", "010000002"
AUJOURD_HUI = date(2024, 1, 10)


def en_tete(instant: str, separateur: str = "|") -> str:
    """The header of a message."""
    return separateur.join(["MSH", "^~\\&", "GAM", "CH", "DPI", "CH", instant, "", "ADT^A01", "1"]) + "\r"


@pytest.mark.parametrize(
    ("fichiers", "jour", "origine"),
    [
        ({}, "2024-01-10", "aujourd’hui"),
        ({f"{A}/gam/venues_20230131.csv": "", f"{B}/dpi/documents_20230228.csv": ""}, "2023-02-28", f"{B}/dpi/documents"),
        # Neither what the operators know, nor a file that is no flux, nor a flux out of its folder.
        (
            {
                f"{A}/gam/venues_20230131.csv": "", f"{A}/national/ans_mssante_20230501.csv": "",
                f"{A}/gam/sauvegarde_20230601.csv": "", f"{A}/dpi/venues_20230602.csv": "", f"{A}/gam/venues_20230603.txt": "",
            },
            "2023-01-31", f"{A}/gam/venues",
        ),
        ({f"{A}/gam/VENUES_20230131_lot2.CSV.GZ": "", f"{A}/dpi/documents_20230105.parquet": ""}, "2023-01-31", "VENUES"),
        (
            {f"{A}/gam/{nom}": "" for nom in ("venues_20230130.PARQUET.Gz", "venues_20230131 (1).zip", "venues_20230201.tgz")},
            "2023-01-31", f"{A}/gam/venues_20230131 (1).zip",
        ),
        # No day, no year, or a day that no export can bear.
        (
            {f"{A}/gam/venues_{nom}.csv": "" for nom in ("20231130", "00000000", "20231131", "29990101", "20240211")},
            "2023-11-30", f"{A}/gam/venues_20231130",
        ),
        # The end of the month that runs: nothing is known after today.
        ({f"{A}/gam/venues_20240131.csv": ""}, "2024-01-10", f"{A}/gam/venues_20240131"),
        (
            {
                f"{A}/gam/venues_20230131.csv": "",
                f"{A}/gam/hl7/a.hl7": en_tete("20230302101500+0100") + en_tete("29990101") + en_tete("")
                + "PID|1||8\rNTE|1||MSH|^~\\&|A|B|C|D|20230901\rMSH|^~\\&|tronqué",
                f"{A}/dpi/hl7/b.er7": "\x0b" + en_tete("20230305", "#"),
                f"{A}/dpi/hl7/notes_20231201.txt": en_tete("20231201"),
                f"{A}/dpi/hl7/vide.hl7": "",
            },
            "2023-03-05", f"{A}/dpi/hl7/b.er7",
        ),
    ],
)  # fmt: skip
def test_jour_d_extraction(tmp_path: Path, fichiers: dict[str, str], jour: str, origine: str) -> None:
    for nom, contenu in fichiers.items():
        (tmp_path / nom).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / nom).write_bytes(contenu.encode())
    extraction = jour_d_extraction(tmp_path, AUJOURD_HUI)
    assert extraction.jour.isoformat() == jour
    assert origine in extraction.origine


def test_ce_qui_ne_se_lit_pas_ne_dit_rien(tmp_path: Path) -> None:
    assert jour_d_extraction(tmp_path / "absent", AUJOURD_HUI).jour == AUJOURD_HUI
    (tmp_path / A / "gam" / "hl7").mkdir(parents=True)
    (tmp_path / A / "gam" / "hl7" / "a.hl7").symlink_to("nulle_part")
    (tmp_path / A / "gam" / "venues_20230131.csv").symlink_to("nulle_part")
    (tmp_path / A / "gam" / "patients_20230131.csv").mkdir()
    assert jour_d_extraction(tmp_path, AUJOURD_HUI).jour == AUJOURD_HUI
