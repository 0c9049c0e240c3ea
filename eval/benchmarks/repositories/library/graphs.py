"""Paths and orders in graphs that are given as neighbours by node."""


def shortest_path(graph, start, goal):
    """The nodes of a path with the fewest edges; None if there is no path."""
    if start == goal:
        return [start]
    came_from, waiting = {start: None}, [start]
    while waiting:
        node = waiting.pop(0)
        for other in graph.get(node, ()):
            if other in came_from:
                continue
            came_from[other] = node
            if other == goal:
                return _walk_back(came_from, goal)
            waiting.append(other)
    return None


def _walk_back(came_from, node):
    path = []
    while node is not None:
        path.append(node)
        node = came_from[node]
    return path[::-1]


def distances(edges, start):
    """The length of the shortest way to each node that can be reached.

    `edges` holds (from, to, length), and leads one way.
    """
    known, waiting = {}, [(0, start)]
    while waiting:
        waiting.sort(reverse=True)
        length, node = waiting.pop()
        if node in known and known[node] <= length:
            continue
        known[node] = length
        for one, two, more in edges:
            if one == node and two not in known:
                waiting.append((length + more, two))
    return known


def topological_order(graph):
    """The nodes, each before its neighbours, the alphabet deciding between others.

    Raises ValueError if the graph has a cycle.
    """
    indegree = {node: 0 for node in graph}
    for others in graph.values():
        for other in others:
            indegree[other] = indegree.get(other, 0) + 1
    ready = sorted(node for node, count in indegree.items() if count == 0)
    order = []
    while ready:
        node = ready.pop(0)
        order.append(node)
        for other in graph.get(node, ()):
            indegree[other] -= 1
            if indegree[other] == 0:
                ready.append(other)
        ready.sort()
    if len(order) < len(indegree):
        raise ValueError("the graph has a cycle")
    return order


def components(graph):
    """The sets of nodes that hang together, whichever way edges lead, as sorted
    lists."""
    both = {}
    for node, others in graph.items():
        both.setdefault(node, set()).update(others)
        for other in others:
            both.setdefault(other, set()).add(node)
    seen, found = set(), []
    for node in sorted(both):
        if node in seen:
            continue
        part, waiting = set(), [node]
        while waiting:
            one = waiting.pop()
            if one in part:
                continue
            part.add(one)
            waiting.extend(both[one] - part)
        seen |= part
        found.append(sorted(part))
    return found


def all_paths(graph, start, goal, path=None):
    """All paths that come to no node twice, in the order of the neighbours."""
    if path is None:
        path = []
    path = path + [start]
    if start == goal:
        return [path]
    found = []
    for other in graph.get(start, ()):
        if other not in path:
            found.extend(all_paths(graph, other, goal, path))
    return found
