# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Kernels of the contour geometry. They check nothing: the modules one level up do.

Coordinates are 64-bit integers of the grid (`grid.py`), at most 2**27 in size, so that every
product below is exact. Orientation is that of the plain (x, y) plane: a ring of positive
signed area has its inside on the left of its edges.
"""

from libc.math cimport ceil, floor
from libc.stdint cimport int64_t, uint64_t

cdef enum:
    OUTSIDE = 0
    INSIDE = 1
    EDGE = 2
    VERTEX = 3


cdef inline int64_t cross(int64_t ax, int64_t ay, int64_t bx, int64_t by) noexcept nogil:
    return ax * by - ay * bx


cdef inline int64_t size(int64_t a) noexcept nogil:
    return -a if a < 0 else a


cdef inline int64_t orientation(
    int64_t ax, int64_t ay, int64_t bx, int64_t by, int64_t px, int64_t py
) noexcept nogil:
    """Positive where p is left of the line from a to b, zero where it is on it."""
    return cross(bx - ax, by - ay, px - ax, py - ay)


cdef inline bint passes_pixel(
    int64_t ax, int64_t ay, int64_t bx, int64_t by, int64_t px, int64_t py
) noexcept nogil:
    """Whether the segment a-b meets the grid square around p, which owns its lower left sides.

    Half-open squares tile the plane, which is what makes one round of snap rounding enough.
    """
    if px < min(ax, bx) or px > max(ax, bx) or py < min(ay, by) or py > max(ay, by):
        return False
    cdef int64_t dx = bx - ax
    cdef int64_t dy = by - ay
    cdef int64_t reach = size(dx) + size(dy)
    cdef int64_t side = 2 * cross(dx, dy, px - ax, py - ay)
    if size(side) < reach or reach == 0:
        return True
    # The line only touches a corner: the lower left one belongs to the square.
    return side == dx - dy and size(side) == reach


cdef inline int64_t rounded_quotient(int64_t a, int64_t b, int64_t den) noexcept nogil:
    """floor(a * b / den + 1/2), exactly, where |a| <= den and den > 0.

    The product may need more than 64 bits, the remainder after a floating-point guess does not,
    and unsigned arithmetic gives it modulo 2**64, so that the guess can be put right.
    """
    cdef int64_t guess = <int64_t>floor((<double>a / <double>den) * <double>b + 0.5)
    cdef int64_t rest = <int64_t>(
        <uint64_t>a * <uint64_t>b - <uint64_t>guess * <uint64_t>den
    )
    while 2 * rest >= den:
        guess += 1
        rest -= den
    while 2 * rest < -den:
        guess -= 1
        rest += den
    return guess


cdef inline bint crossing(
    const int64_t* a, const int64_t* b, int64_t* x, int64_t* y
) noexcept nogil:
    """Whether two segments cross inside both; the crossing, rounded to the grid, into x and y."""
    cdef int64_t dx = a[2] - a[0]
    cdef int64_t dy = a[3] - a[1]
    cdef int64_t from_a = cross(dx, dy, b[0] - a[0], b[1] - a[1])
    cdef int64_t to_a = cross(dx, dy, b[2] - a[0], b[3] - a[1])
    if from_a == 0 or to_a == 0 or (from_a > 0) == (to_a > 0):
        return False
    cdef int64_t ex = b[2] - b[0]
    cdef int64_t ey = b[3] - b[1]
    cdef int64_t from_b = cross(ex, ey, a[0] - b[0], a[1] - b[1])
    cdef int64_t to_b = cross(ex, ey, a[2] - b[0], a[3] - b[1])
    if from_b == 0 or to_b == 0 or (from_b > 0) == (to_b > 0):
        return False
    cdef int64_t den = size(from_b - to_b)
    x[0] = a[0] + rounded_quotient(size(from_b), dx, den)
    y[0] = a[1] + rounded_quotient(size(from_b), dy, den)
    return True


def crossing_points(
    const int64_t[:, ::1] edges, int64_t[::1] active, int64_t[:, ::1] points
):
    """Crossings of edges (n, 4) sorted by their left ends; returns how many there are.

    ``active`` is room for n numbers. Where ``points`` (m, 2) is too short, the count still is
    right and the caller comes again with more room.
    """
    cdef Py_ssize_t i, k, n_active = 0, found = 0
    cdef int64_t j, left, low, high, x = 0, y = 0
    with nogil:
        for i in range(edges.shape[0]):
            left = min(edges[i, 0], edges[i, 2])
            low = min(edges[i, 1], edges[i, 3])
            high = max(edges[i, 1], edges[i, 3])
            k = 0
            while k < n_active:
                j = active[k]
                if edges[j, 0] < left and edges[j, 2] < left:
                    n_active -= 1
                    active[k] = active[n_active]
                    continue
                k += 1
                if (edges[j, 1] < low and edges[j, 3] < low) or (
                    edges[j, 1] > high and edges[j, 3] > high
                ):
                    continue
                if crossing(&edges[i, 0], &edges[j, 0], &x, &y):
                    if found < points.shape[0]:
                        points[found, 0] = x
                        points[found, 1] = y
                    found += 1
            active[n_active] = i
            n_active += 1
    return found


def split_edges(
    const int64_t[:, ::1] edges,
    const int64_t[:, ::1] vertices,
    const int64_t[::1] first,
    const int64_t[::1] last,
    int64_t[::1] hits,
    int64_t[:, ::1] pieces,
):
    """Lead each edge (n, 4) through every vertex whose grid square it meets (snap rounding).

    ``vertices`` (v, 2) are in order of x, then y; those from ``first`` to ``last`` lie above and
    below an edge; ``hits`` is room for v numbers. Each piece is (vertex, later vertex,
    +1 forward or -1 backward, edge). Returns how many pieces there are; see `crossing_points`.
    """
    cdef Py_ssize_t i, k, m, n_hits, found = 0
    cdef int64_t v, dx, dy, along
    with nogil:
        for i in range(edges.shape[0]):
            dx = edges[i, 2] - edges[i, 0]
            dy = edges[i, 3] - edges[i, 1]
            n_hits = 0
            for k in range(first[i], last[i]):
                v = k if dx >= 0 else first[i] + last[i] - 1 - k
                if not passes_pixel(
                    edges[i, 0], edges[i, 1], edges[i, 2], edges[i, 3],
                    vertices[v, 0], vertices[v, 1],
                ):
                    continue
                along = dx * vertices[v, 0] + dy * vertices[v, 1]
                m = n_hits
                while m > 0 and (
                    dx * vertices[hits[m - 1], 0] + dy * vertices[hits[m - 1], 1] > along
                ):
                    hits[m] = hits[m - 1]
                    m -= 1
                hits[m] = v
                n_hits += 1
            for m in range(1, n_hits):
                if found < pieces.shape[0]:
                    pieces[found, 0] = min(hits[m - 1], hits[m])
                    pieces[found, 1] = max(hits[m - 1], hits[m])
                    pieces[found, 2] = 1 if hits[m - 1] < hits[m] else -1
                    pieces[found, 3] = i
                found += 1
    return found


def sweep(
    const int64_t[:, ::1] vertices,
    const int64_t[::1] starts,
    const int64_t[:, ::1] edges,
    const int64_t[:, ::1] steps,
    int64_t[::1] order,
    int64_t[::1] active,
    int64_t[:, ::1] above,
    int64_t[::1] beneath,
):
    """Winding numbers above each edge of an arrangement, and the boundary beneath each vertex.

    ``edges`` (n, 2) are vertex numbers (earlier, later), sorted; those from ``starts[v]`` to
    ``starts[v + 1]`` begin at vertex v. ``steps`` (n, 2) is what the winding numbers about the
    regions and about the others gain from below to above the edge. Into ``above`` (n, 2) go the
    numbers above the edge, into ``beneath`` (v,) the first edge straight below a vertex that
    bounds "in a region and in none of the others", or -1. ``order`` and ``active`` are room for
    n numbers. A vertical edge counts as rising: its above is on its left.
    """
    cdef Py_ssize_t v, k, m, low, high, middle, ending, starting, n_active = 0
    cdef int64_t e, f, a, b
    with nogil:
        for v in range(vertices.shape[0]):
            low, high = 0, n_active
            while low < high:
                middle = (low + high) // 2
                e = active[middle]
                if orientation_of(vertices, edges[e, 0], edges[e, 1], v) > 0:
                    low = middle + 1
                else:
                    high = middle
            ending = 0
            while low + ending < n_active and edges[active[low + ending], 1] == v:
                ending += 1
            beneath[v] = -1
            for k in range(low - 1, -1, -1):
                if is_boundary(above, steps, active[k]):
                    beneath[v] = active[k]
                    break
            starting = starts[v + 1] - starts[v]
            for k in range(starts[v], starts[v + 1]):
                m = k
                while m > starts[v] and (
                    orientation_of(vertices, v, edges[order[m - 1], 1], edges[k, 1]) < 0
                ):
                    order[m] = order[m - 1]
                    m -= 1
                order[m] = k
            move(active, low + ending, low + starting, n_active - low - ending)
            n_active += starting - ending
            a = above[active[low - 1], 0] if low > 0 else 0
            b = above[active[low - 1], 1] if low > 0 else 0
            for k in range(starting):
                f = order[starts[v] + k]
                active[low + k] = f
                a += steps[f, 0]
                b += steps[f, 1]
                above[f, 0] = a
                above[f, 1] = b


cdef inline int64_t orientation_of(
    const int64_t[:, ::1] vertices, int64_t a, int64_t b, int64_t p
) noexcept nogil:
    return orientation(
        vertices[a, 0], vertices[a, 1], vertices[b, 0], vertices[b, 1],
        vertices[p, 0], vertices[p, 1],
    )


cdef inline bint is_boundary(
    int64_t[:, ::1] above, const int64_t[:, ::1] steps, int64_t e
) noexcept nogil:
    cdef bint inside_above = above[e, 0] != 0 and above[e, 1] == 0
    cdef bint inside_below = above[e, 0] != steps[e, 0] and above[e, 1] == steps[e, 1]
    return inside_above != inside_below


cdef inline void move(
    int64_t[::1] array, Py_ssize_t source, Py_ssize_t target, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t k
    if target < source:
        for k in range(count):
            array[target + k] = array[source + k]
    elif target > source:
        for k in range(count - 1, -1, -1):
            array[target + k] = array[source + k]


cdef inline bint comes_first(
    int64_t back_x, int64_t back_y, int64_t ax, int64_t ay, int64_t bx, int64_t by
) noexcept nogil:
    """Whether direction a is met before b when turning clockwise from the way back."""
    cdef int64_t side_a = cross(back_x, back_y, ax, ay)
    cdef int64_t side_b = cross(back_x, back_y, bx, by)
    cdef int class_a = 0 if side_a < 0 else (1 if side_a == 0 else 2)
    cdef int class_b = 0 if side_b < 0 else (1 if side_b == 0 else 2)
    if class_a != class_b:
        return class_a < class_b
    return cross(ax, ay, bx, by) < 0


cdef inline int64_t next_edge(
    const int64_t[:, ::1] vertices,
    const int64_t[::1] starts,
    const int64_t[:, ::1] edges,
    int64_t e,
) noexcept nogil:
    """The edge that follows e along the same connected inside, which lies on the left."""
    cdef int64_t v = edges[e, 1], u = edges[e, 0], f, w, best = starts[v], to
    for f in range(starts[v] + 1, starts[v + 1]):
        w, to = edges[f, 1], edges[best, 1]
        if comes_first(
            vertices[u, 0] - vertices[v, 0], vertices[u, 1] - vertices[v, 1],
            vertices[w, 0] - vertices[v, 0], vertices[w, 1] - vertices[v, 1],
            vertices[to, 0] - vertices[v, 0], vertices[to, 1] - vertices[v, 1],
        ):
            best = f
    return best


def trace_rings(
    const int64_t[:, ::1] vertices,
    const int64_t[::1] starts,
    const int64_t[:, ::1] edges,
    int64_t[::1] walk_of_edge,
    int64_t[::1] place,
    int64_t[::1] stack,
    int64_t[::1] ring_vertices,
    int64_t[:, ::1] rings,
):
    """Simple rings of directed boundary edges (n, 2), sorted by their first vertex.

    A walk keeps one connected inside on its left; where it comes back to a vertex, the loop in
    between is a ring of its own, so that no ring touches itself. ``ring_vertices`` (n,) gets the
    rings one after another, ``rings`` one row each: (end in ring_vertices, walk);
    ``walk_of_edge`` (n,) must come filled with -1, ``place`` (v,) too; ``stack`` is room for
    n + 1 numbers. Returns the number of rings.
    """
    cdef Py_ssize_t begin, k, height, filled = 0, n_rings = 0, n_walks = 0
    cdef int64_t e, v
    with nogil:
        for begin in range(edges.shape[0]):
            if walk_of_edge[begin] >= 0:
                continue
            e = begin
            stack[0] = edges[e, 0]
            place[edges[e, 0]] = 0
            height = 1
            while walk_of_edge[e] < 0:
                walk_of_edge[e] = n_walks
                v = edges[e, 1]
                if place[v] >= 0:
                    for k in range(place[v], height):
                        ring_vertices[filled] = stack[k]
                        filled += 1
                        if k > place[v]:
                            place[stack[k]] = -1
                    height = place[v] + 1
                    rings[n_rings, 0] = filled
                    rings[n_rings, 1] = n_walks
                    n_rings += 1
                else:
                    place[v] = height
                    stack[height] = v
                    height += 1
                e = next_edge(vertices, starts, edges, e)
            place[stack[0]] = -1
            n_walks += 1
    return n_rings


def sweep_disc(
    const int64_t[:, ::1] path, const int64_t[:, ::1] disc, int64_t[:, ::1] ring
):
    """Outline of a convex disc moved along a path and back: their convolution.

    Its winding number about a point counts the stretches of the path within reach of the point
    (Guibas, Ramshaw and Stolfi 1983), so the swept region is where it is not zero. ``path``
    (n >= 2, 2) has no repeated neighbours; ``disc`` (m, 2) is strictly convex with positive
    area. Returns the number of points; see `crossing_points`.
    """
    cdef Py_ssize_t i, n = path.shape[0], m = disc.shape[0], found = 0
    cdef Py_ssize_t k = 0, at, to, turns = 2 * n - 2
    cdef int64_t dx, dy, ex, ey, turn
    with nogil:
        dx = path[1, 0] - path[0, 0]
        dy = path[1, 1] - path[0, 1]
        while not leads(disc, k, dx, dy):
            k += 1
        found = put(ring, found, path, 0, disc, k)
        for i in range(turns):
            # Forward along the path, then backward; round the corner at the end of each stretch.
            at = i + 1 if i + 1 < n else turns - i - 1
            to = i + 2 if i + 2 < n else turns - i - 2
            if i == turns - 1:
                to = 1
            found = put(ring, found, path, at, disc, k)
            ex = path[to, 0] - path[at, 0]
            ey = path[to, 1] - path[at, 1]
            turn = cross(dx, dy, ex, ey)
            if turn == 0:
                # A reversal is half a turn to the left on the way out, and the same half turn
                # undone on the way back; at both ends it is the round cap.
                turn = -1 if n - 1 <= i < turns - 1 else 1
            while not leads(disc, k, ex, ey):
                k = (k + 1) % m if turn > 0 else (k + m - 1) % m
                found = put(ring, found, path, at, disc, k)
            dx, dy = ex, ey
    return found


cdef inline bint leads(
    const int64_t[:, ::1] disc, Py_ssize_t k, int64_t dx, int64_t dy
) noexcept nogil:
    """Whether corner k of the disc is its rightmost one for somebody going in direction d."""
    cdef Py_ssize_t m = disc.shape[0], before = (k + m - 1) % m, after = (k + 1) % m
    return (
        cross(disc[k, 0] - disc[before, 0], disc[k, 1] - disc[before, 1], dx, dy) > 0
        and cross(dx, dy, disc[after, 0] - disc[k, 0], disc[after, 1] - disc[k, 1]) >= 0
    )


cdef inline Py_ssize_t put(
    int64_t[:, ::1] ring, Py_ssize_t found,
    const int64_t[:, ::1] path, Py_ssize_t at, const int64_t[:, ::1] disc, Py_ssize_t k,
) noexcept nogil:
    if found < ring.shape[0]:
        ring[found, 0] = path[at, 0] + disc[k, 0]
        ring[found, 1] = path[at, 1] + disc[k, 1]
    return found + 1


cdef inline double squared_distance(
    const int64_t[:, ::1] points, int64_t p, int64_t a, int64_t b
) noexcept nogil:
    """Squared distance of point p from the segment a-b."""
    cdef double dx = points[b, 0] - points[a, 0], dy = points[b, 1] - points[a, 1]
    cdef double px = points[p, 0] - points[a, 0], py = points[p, 1] - points[a, 1]
    cdef double length = dx * dx + dy * dy
    cdef double t = (px * dx + py * dy) / length if length > 0 else 0.0
    t = min(max(t, 0.0), 1.0)
    return (px - t * dx) ** 2 + (py - t * dy) ** 2


def thin(
    const int64_t[:, ::1] points, double tolerance, int64_t[:, ::1] stack,
    unsigned char[::1] keep,
):
    """Mark the points of a polyline that matter (Douglas and Peucker 1973).

    ``keep`` (n,) comes with ones where the line must be held and zeros elsewhere, its first and
    last points held; ``stack`` is room for (n, 2) numbers.
    """
    cdef Py_ssize_t height = 0, i, k, begin = 0
    cdef int64_t a, b, farthest
    cdef double distance, most
    with nogil:
        for i in range(1, points.shape[0]):
            if not keep[i]:
                continue
            stack[0, 0] = begin
            stack[0, 1] = i
            height = 1
            begin = i
            while height > 0:
                height -= 1
                a, b = stack[height, 0], stack[height, 1]
                most = tolerance * tolerance
                farthest = -1
                for k in range(a + 1, b):
                    distance = squared_distance(points, k, a, b)
                    if distance > most:
                        most = distance
                        farthest = k
                if farthest >= 0:
                    keep[farthest] = 1
                    stack[height, 0], stack[height, 1] = a, farthest
                    stack[height + 1, 0], stack[height + 1, 1] = farthest, b
                    height += 2


def locate(const int64_t[:, ::1] ring, int64_t x, int64_t y):
    """Where a point is: OUTSIDE 0, INSIDE 1, EDGE 2 (its grid square is met), VERTEX 3."""
    cdef Py_ssize_t i, j, n = ring.shape[0]
    cdef bint inside = False
    cdef int found = OUTSIDE
    cdef int64_t side
    with nogil:
        for i in range(n):
            j = i + 1 if i + 1 < n else 0
            if ring[i, 0] == x and ring[i, 1] == y:
                found = VERTEX
                break
            if passes_pixel(ring[i, 0], ring[i, 1], ring[j, 0], ring[j, 1], x, y):
                found = EDGE
            if (ring[i, 1] <= y) != (ring[j, 1] <= y):
                side = orientation(ring[i, 0], ring[i, 1], ring[j, 0], ring[j, 1], x, y)
                if (side > 0) == (ring[j, 1] > ring[i, 1]):
                    inside = not inside
    return INSIDE if inside and found == OUTSIDE else found


def relate_segments(const int64_t[::1] a, const int64_t[::1] b, int64_t[:, ::1] points):
    """Common points of two segments (x0, y0, x1, y1): none (0), one (1), or the two ends (2)."""
    cdef int64_t x = 0, y = 0
    cdef Py_ssize_t k, found = 0
    cdef const int64_t* p
    cdef const int64_t* q
    with nogil:
        if crossing(&a[0], &b[0], &x, &y):
            points[0, 0] = x
            points[0, 1] = y
            found = 1
        else:
            for k in range(4):
                # Each of the four ends in turn, against the other segment.
                p = &a[0] + 2 * k if k < 2 else &b[0] + 2 * (k - 2)
                q = &b[0] if k < 2 else &a[0]
                if found < 2 and touches(q, p[0], p[1]) and not (
                    found == 1 and points[0, 0] == p[0] and points[0, 1] == p[1]
                ):
                    points[found, 0] = p[0]
                    points[found, 1] = p[1]
                    found += 1
    return found


cdef inline bint touches(const int64_t* s, int64_t x, int64_t y) noexcept nogil:
    """Whether a point is exactly on a segment."""
    return (
        orientation(s[0], s[1], s[2], s[3], x, y) == 0
        and min(s[0], s[2]) <= x <= max(s[0], s[2])
        and min(s[1], s[3]) <= y <= max(s[1], s[3])
    )


def flip_rows(
    const double[:, ::1] ring, double pixel_height, double pixel_width,
    unsigned char[:, ::1] flips,
):
    """Mark, in each row of pixels, the columns from which a ring changes inside and outside.

    A pixel is right of an edge where its centre is, or on it; rows take the upper end of an edge
    and not the lower, so that neighbours share no pixel and leave none between them.
    """
    cdef Py_ssize_t m, i, j, row, column, n = ring.shape[0]
    cdef Py_ssize_t rows = flips.shape[0], columns = flips.shape[1]
    cdef double top, bottom, x, y, slope
    with nogil:
        for m in range(n):
            i, j = m, (m + 1 if m + 1 < n else 0)
            if ring[i, 1] == ring[j, 1]:
                continue
            if ring[i, 1] > ring[j, 1]:
                i, j = j, i
            top, bottom = ring[i, 1], ring[j, 1]
            slope = (ring[j, 0] - ring[i, 0]) / (bottom - top)
            row = <Py_ssize_t>max(0.0, ceil(top / pixel_height - 0.5) - 1.0)
            while row < rows and (row + 0.5) * pixel_height < top:
                row += 1
            while row < rows:
                y = (row + 0.5) * pixel_height
                if y >= bottom:
                    break
                x = ring[i, 0] + (y - top) * slope
                column = <Py_ssize_t>min(max(0.0, ceil(x / pixel_width - 0.5) - 1.0), <double>columns)
                while column < columns and (column + 0.5) * pixel_width < x:
                    column += 1
                if column < columns:
                    flips[row, column] ^= 1
                row += 1
