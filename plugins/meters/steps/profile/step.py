"""Says how a household used its day."""

from statistics import mean, median, pstdev

from events import Cleaned, Habit, Profile


def on_cleaned(event: Cleaned) -> Profile:
    average = mean(event.hours)
    return Profile(
        meter=event.meter,
        mean_wh=round(average),
        median_wh=round(median(event.hours)),
        peak_hour=event.hours.index(max(event.hours)),
        habit=habit(pstdev(event.hours) / average if average else 0),
        filled=event.filled,
    )


def habit(spread: float) -> Habit:
    """From the standard deviation as a share of the mean."""
    if spread < 0.35:
        return Habit.STEADY
    return Habit.VARIED if spread < 1 else Habit.PEAKED
