"""Which kernels are asked for, from the text of /proc/cpuinfo; the user's settings win."""

import sys
from pathlib import Path

import pytest

from charrnn.machine import blas

FLAGS = "fpu sse2 avx2 avx512f avx512dq avx512cd avx512bw avx512vl"


def cpuinfo(folder: Path, vendor: str, family: int, flags: str) -> Path:
    path = folder / "cpuinfo"
    first = f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nflags\t\t: {flags}\n"
    path.write_text(first + "\n" + first.replace(": 0", ": 1"))
    return path


@pytest.mark.parametrize(
    ("vendor", "family", "flags", "wanted"),
    [
        ("AuthenticAMD", 26, FLAGS, True),  # Zen 5: AVX-512 that OpenBLAS does not use
        ("AuthenticAMD", 25, FLAGS, False),  # Zen 4: it does
        ("AuthenticAMD", 26, FLAGS.replace("avx512bw", ""), False),
        ("AuthenticAMD", 23, "fpu sse2 avx2", False),
        ("GenuineIntel", 6, FLAGS, False),
    ],
)
def test_avx512_kernels_only_where_they_exist_and_would_be_missed(
    tmp_path: Path, vendor: str, family: int, flags: str, wanted: bool
) -> None:
    assert blas.wants_avx512_kernels(cpuinfo(tmp_path, vendor, family, flags)) is wanted


@pytest.mark.parametrize(
    "text", ["", "\n\n", "nonsense", "cpu family : x\nvendor_id\t: AuthenticAMD"]
)
def test_a_strange_cpuinfo_changes_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    assert not blas.wants_avx512_kernels(path)
    assert not blas.wants_avx512_kernels(tmp_path / "missing")


def test_the_users_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*blas.THREAD_VARIABLES, "OPENBLAS_CORETYPE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.delitem(sys.modules, "numpy")
    blas.configure(cpuinfo=cpuinfo(tmp_path, "AuthenticAMD", 26, FLAGS))
    import os

    assert os.environ["OMP_NUM_THREADS"] == "5"
    assert os.environ["OPENBLAS_CORETYPE"] == "Haswell"
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


@pytest.mark.parametrize("vendor", ["GenuineIntel", "AuthenticAMD"])
def test_the_vendor_is_read_where_linux_says_it(vendor: str, tmp_path: Path) -> None:
    assert blas.is_intel(cpuinfo(tmp_path, vendor, 6, FLAGS)) is (vendor == "GenuineIntel")


@pytest.mark.parametrize(
    ("says", "intel"), [("Intel64 Family 6, GenuineIntel", True), ("arm", False)]
)
def test_elsewhere_python_is_asked_for_the_vendor(
    says: str, intel: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blas.platform, "processor", lambda: says)
    assert blas.is_intel(tmp_path / "missing") is intel


def test_only_a_single_text_has_more_than_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "cores", lambda: 3)
    assert [blas.threads_for(texts) for texts in (1, 2, 16)] == [3, 1, 1]
    monkeypatch.setattr(blas, "cores", lambda: 64)
    assert blas.threads_for(1) == blas.MOST_THREADS


def test_nothing_is_touched_once_numpy_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    import numpy as np

    assert np
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    blas.configure(cpuinfo=cpuinfo(tmp_path, "AuthenticAMD", 26, FLAGS))
    assert "OPENBLAS_CORETYPE" not in os.environ
