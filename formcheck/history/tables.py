"""The tables of the history. Changing one takes a migration: see CONTRIBUTING.md.

Ids are made by who writes (32 hexadecimal digits), so that writing twice is writing once
and histories can be joined. Moments are milliseconds since 1970 in UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables. Constraints have names, so that a migration can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


Id = String(32)


class ProfileRow(Base):
    """A person."""

    __tablename__ = "profile"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    created_ms: Mapped[int] = mapped_column(BigInteger)


class ProgrammeRow(Base):
    """A programme of one's own. data: JSON as Programme.to_dict gives it."""

    __tablename__ = "programme"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    data: Mapped[str] = mapped_column(Text)
    saved_ms: Mapped[int] = mapped_column(BigInteger)


class EnrolmentRow(Base):
    """A programme that a person follows, as it was when it was begun."""

    __tablename__ = "enrolment"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    profile_id: Mapped[str] = mapped_column(
        ForeignKey("profile.id", ondelete="CASCADE"), index=True
    )
    programme: Mapped[str] = mapped_column(Text)
    phase: Mapped[int] = mapped_column(Integer)
    begun_ms: Mapped[int] = mapped_column(BigInteger)
    phase_since_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    utc_offset_s: Mapped[int] = mapped_column(Integer)


class CircuitRow(Base):
    """One round of a phase. skipped: JSON list of positions."""

    __tablename__ = "circuit"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    profile_id: Mapped[str] = mapped_column(
        ForeignKey("profile.id", ondelete="CASCADE"), index=True
    )
    enrolment_id: Mapped[str] = mapped_column(
        ForeignKey("enrolment.id", ondelete="CASCADE"), index=True
    )
    phase: Mapped[int] = mapped_column(Integer)
    begun_ms: Mapped[int] = mapped_column(BigInteger)
    utc_offset_s: Mapped[int] = mapped_column(Integer)
    skipped: Mapped[str] = mapped_column(Text, default="[]")
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    end_reason: Mapped[str] = mapped_column(Text, default="")
    effort: Mapped[int | None] = mapped_column(Integer)


class SetRow(Base):
    """A set. Running: ended_ms is empty, and its reps come one by one.

    number: in which order sets were begun, whatever the clock said; of those with the same
    one (taken in later than they were done) the clock decides. updated_ms: when
    something of it was written last, and by which program (see writer.py). report, trace:
    JSON.
    """

    __tablename__ = "exercise_set"
    __table_args__ = (Index(None, "profile_id", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    profile_id: Mapped[str] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"))
    circuit_id: Mapped[str | None] = mapped_column(
        ForeignKey("circuit.id", ondelete="SET NULL"), index=True
    )
    position: Mapped[int | None] = mapped_column(Integer)
    exercise: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    begun_ms: Mapped[int] = mapped_column(BigInteger)
    utc_offset_s: Mapped[int] = mapped_column(Integer)
    clock_doubt: Mapped[bool] = mapped_column(default=False)
    updated_ms: Mapped[int] = mapped_column(BigInteger)
    writer: Mapped[str] = mapped_column(Text, default="")
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    duration_s: Mapped[float] = mapped_column(Double, default=0.0)
    end_reason: Mapped[str] = mapped_column(Text, default="")
    prescription: Mapped[str] = mapped_column(Text)
    both_sides: Mapped[bool] = mapped_column(default=True)
    not_assessed: Mapped[str] = mapped_column(Text, default="{}")
    model: Mapped[str] = mapped_column(Text, default="")
    formcheck_version: Mapped[str] = mapped_column(Text, default="")
    report: Mapped[str | None] = mapped_column(Text, deferred=True)
    trace: Mapped[str | None] = mapped_column(Text, deferred=True)
    pain: Mapped[bool | None] = mapped_column()
    pain_level: Mapped[int | None] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(Text, default="")


class RepRow(Base):
    """A rep or partial attempt. data: JSON as in a report; side, rom_deg and hold_s of it."""

    __tablename__ = "rep"
    # The reps of a set lie side by side: a month of sets is read in one go.
    __table_args__ = ({"sqlite_with_rowid": False},)

    set_id: Mapped[str] = mapped_column(
        ForeignKey("exercise_set.id", ondelete="CASCADE"), primary_key=True
    )
    partial: Mapped[bool] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    side: Mapped[str] = mapped_column(Text)
    rom_deg: Mapped[float] = mapped_column(Double)
    hold_s: Mapped[float] = mapped_column(Double)
    data: Mapped[str] = mapped_column(Text)


class PictureRow(Base):
    """A JPEG of a moment of a set, by stills.picture_id."""

    __tablename__ = "picture"

    set_id: Mapped[str] = mapped_column(
        ForeignKey("exercise_set.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    jpeg: Mapped[bytes] = mapped_column(LargeBinary)
