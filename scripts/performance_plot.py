"""Lines on two logarithmic axes as an SVG, for scripts/performance.py. The same data gives the same bytes; colours suit a light
and a dark page."""
import math

WIDTH, HEIGHT = 900, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 250, 50, 55
# Told apart by the colour-blind too (after Okabe and Ito), and by marks.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d00", "#56b4e9"]
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  .line { fill: none; stroke-width: 2; }
  @media (prefers-color-scheme: dark) { text { fill: #d1d7e0; } .grid { stroke: #3d444d; } }
"""


def seconds(value):
    """A tick of the time axis in words."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size * 0.999:
            return f"{value / size:,.0f} {unit}"
    return f"{value / 1e-9:,.0f} ns"


def plot(title, x_name, series, x_ticks):
    """`series`: (name, [(x, seconds)]) in the order of the legend."""
    xs = [x for _, points in series for x, _ in points]
    ys = [y for _, points in series for _, y in points]
    low, high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    x_low, x_high = math.log10(min(xs)), math.log10(max(xs))

    def at_x(x):
        return LEFT + (math.log10(x) - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT)

    def at_y(y):
        return HEIGHT - BOTTOM - (math.log10(y) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">', f"<title>{title}</title>",
           f"<style>{STYLE}</style>", f'<text class="title" x="{LEFT}" y="26">{title}</text>']
    for power in range(low, high + 1):
        y = at_y(10 ** power)
        out.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{seconds(10 ** power)}</text>')
    for tick in x_ticks:
        x = at_x(tick)
        out.append(f'<path class="grid" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{tick:,}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{x_name}</text>')

    ends = []
    for (name, points), colour in zip(series, COLOURS):
        places = [(at_x(x), at_y(y)) for x, y in points]
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        out.append(f'<path class="line" stroke="{colour}" d="M{line}"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
        ends.append((places[-1], name, colour))
    # The names stand beside the ends of their lines, apart enough to be read.
    label_y = TOP - 20
    for (x, y), name, colour in sorted(ends, key=lambda end: end[0][1]):
        label_y = max(y, label_y + 20)
        out.append(f'<path stroke="{colour}" stroke-dasharray="2 3" d="M{x + 6:.1f} {y:.1f}L{WIDTH - RIGHT + 16} {label_y:.1f}"/>')
        out.append(f'<text x="{WIDTH - RIGHT + 22}" y="{label_y + 4:.1f}">{name}</text>')
    return "\n".join(out) + "\n</svg>\n"
