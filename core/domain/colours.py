"""The colours of people and of the sides of a body, in the window as in whatever is drawn for elsewhere."""

# Left and right of the body, told apart by hue and by lightness; Okabe & Ito's colour-blind safe set, which the
# people's colours below leave out.
LEFT, RIGHT, MIDDLE = "#f0a020", "#56b4e9", "#f2f2f2"

# The rest of Okabe & Ito's set, lightened where it would drown in a dark picture.
PEOPLE = ("#f0e442", "#d98cb8", "#1fc596", "#ff7a3d", "#4f9be8", "#b9b4ff", "#c9c9c9", "#b3de69")


# so many of each: as it is, and mixed by half with white and with grey, for those who come after the first eight
SHADES = (None, "#ffffff", "#707070")


def person_colour(track: int) -> str:
    """A person's colour over the video, another for each of 24 who follow one another."""
    shade, place = divmod((track - 1) % (len(PEOPLE) * len(SHADES)), len(PEOPLE))
    mixed_with = SHADES[shade]
    if mixed_with is None:
        return PEOPLE[place]
    parts = zip(bytes.fromhex(PEOPLE[place][1:]), bytes.fromhex(mixed_with[1:]), strict=True)
    return "#" + bytes((one + other) // 2 for one, other in parts).hex()
