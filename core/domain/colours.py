"""The colours of people and of the sides of a body, in the window as in whatever is drawn for elsewhere."""

# Left and right of the body, told apart by hue and by lightness; Okabe & Ito's colour-blind safe set, which
# the people's colours below leave out.
LEFT, RIGHT, MIDDLE = "#f0a020", "#56b4e9", "#f2f2f2"

# The rest of Okabe & Ito's set, lightened where it would drown in a dark picture, then others between them.
PEOPLE = (
    *("#f0e442", "#d98cb8", "#1fc596", "#ff7a3d", "#4f9be8", "#b9b4ff", "#c9c9c9", "#b3de69"),
    *("#e34fd0", "#00d5e0", "#c08a4a", "#8f6bff", "#ff9aa2", "#7d9c3c", "#ffd6a0", "#6f84b8"),
)


def person_colour(place: int) -> str:
    """A person's colour over the video. place: among all people of the project, from 0."""
    return PEOPLE[place % len(PEOPLE)]
