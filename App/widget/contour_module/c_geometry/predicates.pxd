"""Exact predicates on the integer grid, for all kernels.

Coordinates are at most 2**27 in size, so that every product below fits into 64 bits.
"""

from libc.math cimport floor
from libc.stdint cimport int64_t, uint64_t


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
