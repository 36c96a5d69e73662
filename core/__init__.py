"""The science of PoseTailor; knows no screen. Packages import one another in one direction only."""

__version__ = "0.2.0"
