# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Kernels of the overlay: cut edges where they meet, wind, trace.

They check nothing: `App.widget.contour_module.arrangement` does, and says what they are for.
Orientation is that of the plain (x, y) plane: a ring of positive signed area has its inside on
the left of its edges.
"""

from libc.stdint cimport int64_t

from App.widget.contour_module.c_geometry.predicates cimport (
    cross,
    crossing,
    orientation,
    passes_pixel,
)


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
