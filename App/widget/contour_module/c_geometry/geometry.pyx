# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Kernels of strokes, masks and measures; they check nothing: the modules one level up do.

Coordinates are 64-bit integers of the grid (`grid.py`), but for `flip_rows`, which takes mm.
"""

from libc.math cimport ceil
from libc.stdint cimport int64_t

from App.widget.contour_module.c_geometry.predicates cimport (
    cross,
    crossing,
    orientation,
    passes_pixel,
)

cdef enum:
    OUTSIDE = 0
    INSIDE = 1
    EDGE = 2
    VERTEX = 3


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


def farthest_pair(
    const int64_t[:, ::1] points, int64_t[:, ::1] hull, int64_t[:, ::1] ends
):
    """Put the two points with the largest distance into ``ends`` (2, 2).

    ``points`` (n >= 2, 2) are sorted by x, then y, and all different; ``hull`` (n + 1, 2) is
    room for their convex hull (Andrew's monotone chain), around which calipers turn (Shamos 1978).
    """
    cdef Py_ssize_t i, j, k, step, n = points.shape[0], h = 0, lower
    cdef int64_t longest = -1
    with nogil:
        for i in range(n):
            h = append_convex(hull, h, 0, points[i, 0], points[i, 1])
        lower = h - 1
        for i in range(n - 2, -1, -1):
            h = append_convex(hull, h, lower, points[i, 0], points[i, 1])
        h -= 1  # the first point came again
        k = 1
        for i in range(h):
            j = i + 1 if i + 1 < h else 0
            step = 0
            # As far from this edge as the hull goes; a side that is parallel has two such ends.
            while step < h and turns_left(hull, i, j, k, k + 1 if k + 1 < h else 0):
                longest = keep_longer(hull, i, k, longest, ends)
                longest = keep_longer(hull, j, k, longest, ends)
                k = k + 1 if k + 1 < h else 0
                step += 1
            longest = keep_longer(hull, i, k, longest, ends)
            longest = keep_longer(hull, j, k, longest, ends)


cdef inline Py_ssize_t append_convex(
    int64_t[:, ::1] hull, Py_ssize_t h, Py_ssize_t fixed, int64_t x, int64_t y
) noexcept nogil:
    """Append a point to a chain that turns left only; what no longer does so is taken out."""
    while h - fixed >= 2 and orientation(
        hull[h - 2, 0], hull[h - 2, 1], hull[h - 1, 0], hull[h - 1, 1], x, y
    ) <= 0:
        h -= 1
    hull[h, 0] = x
    hull[h, 1] = y
    return h + 1


cdef inline bint turns_left(
    const int64_t[:, ::1] hull, Py_ssize_t i, Py_ssize_t j, Py_ssize_t k, Py_ssize_t after
) noexcept nogil:
    """Whether the hull still goes away from its edge i-j behind its point k, or along it."""
    return cross(
        hull[j, 0] - hull[i, 0],
        hull[j, 1] - hull[i, 1],
        hull[after, 0] - hull[k, 0],
        hull[after, 1] - hull[k, 1],
    ) >= 0


cdef inline int64_t keep_longer(
    const int64_t[:, ::1] hull, Py_ssize_t i, Py_ssize_t k, int64_t longest, int64_t[:, ::1] ends
) noexcept nogil:
    """The longer of the longest so far and the distance of two points, squared."""
    cdef int64_t x = hull[k, 0] - hull[i, 0], y = hull[k, 1] - hull[i, 1]
    if x * x + y * y <= longest:
        return longest
    ends[0, 0], ends[0, 1] = hull[i, 0], hull[i, 1]
    ends[1, 0], ends[1, 1] = hull[k, 0], hull[k, 1]
    return x * x + y * y
