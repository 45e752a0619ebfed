"""Every strategy in the table on the puzzles, and what each perspective prefers."""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass

import pytest

import search
from search import Budget, Options, Stop
from search.graph import Graph
from search.perspectives import PERSPECTIVES, make_perspective
from search.perspectives import effectiveness as effective
from search.strategies import STRATEGIES, make_strategy
from search.strategies.multi_perspective import MultiPerspective
from search.toy import GOAL, Board, Number, Numbers, Sliding, move

DIRECTIONS = ["left", "right", "up", "down"]


def shuffled(moves: int, seed: int) -> str:
    board, rng = GOAL, random.Random(seed)
    for _ in range(moves):
        board = move(board, rng.choice(DIRECTIONS)) or board
    return board


def fewest_moves(board: str) -> int:
    queue, seen = deque([(board, 0)]), {board}
    while queue:
        board, far = queue.popleft()
        if board == GOAL:
            return far
        for direction in DIRECTIONS:
            after = move(board, direction)
            if after is not None and after not in seen:
                seen.add(after)
                queue.append((after, far + 1))
    raise AssertionError("not solvable")


@pytest.mark.parametrize("name", list(STRATEGIES))
@pytest.mark.parametrize("critic", [True, False])
@pytest.mark.parametrize("batch", [1, 8])
def test_each_strategy_solves_the_and_or_puzzle_and_the_sliding_one(name, critic, batch):
    numbers, sliding = Numbers(), Sliding()

    class Logarithm:
        def score(self, states):
            return [state.value.bit_length() for state in states]

    options = Options(batch=batch)
    result = search.run(
        Number(150),
        generator=numbers,
        checker=numbers,
        critic=Logarithm() if critic else None,
        strategy=name,
        options=options,
        budget=Budget(expansions=3000),
    )
    assert result.solved and result.strategy == name
    board = shuffled(10, 1)
    result = search.run(
        Board(board),
        generator=sliding,
        checker=sliding,
        critic=sliding if critic else None,
        strategy=name,
        options=options,
        budget=Budget(expansions=30_000),
    )
    for action in result.proof.actions:
        board = move(board, action)
    assert board == GOAL
    assert sum(result.statistics.chosen_by.values()) == result.statistics.expansions
    assert sum(result.statistics.in_proof.values()) == len(result.proof)


@pytest.mark.parametrize("name", list(STRATEGIES))
@pytest.mark.parametrize("batch", [1, 7])
def test_each_strategy_searches_a_finite_space_to_its_end(name, batch):
    class NoWayOut(Numbers):
        def propose(self, states):
            return [[("dec", -1.0), ("half", -0.5), ("double", -2.0), ("split 2", -1.0)] for _ in states]

    numbers = NoWayOut(largest=40)
    result = search.run(
        Number(20), generator=numbers, checker=numbers, strategy=name, options=Options(batch=batch)
    )
    assert result.stop is Stop.EXHAUSTED and result.graph.status[0] == search.FAILED
    # Splits into a failed state leave parts that nothing needs, so not all is expanded; half of it must be.
    assert {1, 2, 3, 19, 20} <= set(result.graph.ids)
    awake = [node for node in range(len(result.graph)) if result.graph.selectable(node)]
    assert awake == []


@pytest.mark.parametrize(("name", "factor"), [("a-star", 5), ("multi-perspective", 3), ("mcts", 1.5)])
def test_a_good_critic_saves_expansions(name, factor):
    sliding = Sliding()

    def expansions(strategy: str, seed: int) -> int:
        parts = {"generator": sliding, "checker": sliding, "critic": sliding}
        return search.run(Board(shuffled(40, seed)), **parts, strategy=strategy).statistics.expansions

    guided = sum(expansions(name, seed) for seed in range(6))
    blind = sum(expansions("best-first", seed) for seed in range(6))
    assert guided * factor < blind


def test_particles_walk_on_from_what_they_expanded():
    sliding = Sliding()
    result = search.run(
        Board("21345678 "),
        generator=sliding,
        checker=sliding,
        critic=sliding,
        strategy="particles",
        budget=Budget(expansions=400),
        options=Options(batch=4),
    )
    assert result.statistics.chosen_by["walk"] > 200  # the frontier is for those that are stuck


def test_a_star_with_an_admissible_critic_finds_the_fewest_moves():
    sliding = Sliding()
    for seed in range(5):
        board = shuffled(30, seed)
        if board == GOAL:
            continue
        result = search.run(
            Board(board), generator=sliding, checker=sliding, critic=sliding, strategy="a-star"
        )
        assert len(result.proof) == fewest_moves(board)


def test_length_normalisation_lets_a_deep_way_win_over_a_shallow_unlikely_one():
    class Corridor(Numbers):
        """`double` leads nowhere, but near the root its sum is soon better than that of a deep state."""

        def propose(self, states):
            return [[("dec", -1.0), ("double", -4.0), ("done", -1.0)] for _ in states]

    def expansions(name: str) -> int:
        numbers = Corridor()
        return search.run(
            Number(60), generator=numbers, checker=numbers, strategy=name
        ).statistics.expansions

    assert expansions("bfs-prover") * 5 < expansions("best-first")


@dataclass(frozen=True)
class Shown:
    key: str
    size: int = 10
    goals: tuple[str, ...] = ("one",)

    @property
    def text(self) -> str:
        return self.key


def two_leaves(first: Shown, second: Shown, actions=("a", "b"), weights=(-1.0, -1.0)) -> Graph:
    graph = Graph(Shown("root", size=20))
    graph.connect(0, actions[0], weights[0], (first,))
    graph.connect(0, actions[1], weights[1], (second,))
    graph.close(0)
    return graph


def preferred(name: str, graph: Graph, **options: object) -> int:
    view = make_perspective(name, **options)
    view.start(graph)
    view.expanded([0])
    return min((1, 2), key=lambda node: (view.score(node), node))


def test_the_critic_prefers_the_nearer_state():
    graph = two_leaves(Shown("x"), Shown("y"))
    graph.distance[1], graph.distance[2] = 5.0, 2.0
    assert preferred("critic", graph) == 2


def test_a_plan_counts_every_goal_that_it_leaves_and_takes_the_hardest_first():
    graph = Graph(Shown("root"))
    graph.connect(0, "cases", -1.0, (Shown("easy"), Shown("hard")))
    graph.connect(0, "intro", -9.0, (Shown("middling"),))
    graph.close(0)
    easy, hard, middling = 1, 2, 3
    graph.distance[easy], graph.distance[hard], graph.distance[middling] = 1.0, 20.0, 10.0
    view = make_perspective("plan")
    view.start(graph)
    leaves = view.leaves()
    leaves.offer([easy, hard, middling])
    assert leaves.pop(()) == middling
    assert leaves.pop((middling,)) == hard
    assert leaves.pop((middling, hard)) == easy  # no plan is left, but a leaf is
    leaves.offer([hard])
    # The middling one turns out to be harder than both cases together.
    graph.connect(middling, "rw", -1.0, (Shown("worse"),))
    graph.distance[4] = 30.0
    graph.close(middling)
    leaves.expanded([middling])
    leaves.offer([4])
    assert leaves.pop(()) == hard
    # The hard case is closed: its plan has the easy one left.
    graph.connect(hard, "simp", -1.0)
    graph.close(hard)
    leaves.expanded([hard])
    assert leaves.pop(()) == easy
    graph.close(easy)  # without an action: it fails, and the plan with it
    leaves.expanded([easy])
    assert leaves.pop(()) == 4


def test_a_plan_that_only_leads_back_to_itself_ends():
    graph = Graph(Shown("root"))
    view = make_perspective("plan")
    view.start(graph)
    leaves = view.leaves()
    graph.connect(0, "there", -1.0, (Shown("x"),))
    graph.close(0)
    graph.distance[1] = 3.0
    leaves.offer([1])
    leaves.expanded([0])
    assert leaves.pop(()) == 1
    graph.connect(1, "back and more", -1.0, (Shown("y"), Shown("z")))
    graph.connect(2, "to x", -1.0, (Shown("x"),))
    graph.close(1)
    graph.close(2)
    leaves.expanded([1, 2])
    assert leaves.pop(()) in (-1, 3)


@pytest.mark.parametrize("batch", [1, 8])
def test_by_plans_alone_the_and_or_puzzle_is_solved_and_a_finite_space_searched_to_its_end(batch):
    class Logarithm:
        def score(self, states):
            return [state.value.bit_length() for state in states]

    numbers = Numbers()
    parts = {"generator": numbers, "checker": numbers, "critic": Logarithm(), "options": Options(batch=batch)}
    result = search.run(Number(150), **parts, strategy=MultiPerspective({"plan": 1}), budget=Budget(expansions=3000))
    assert result.solved

    class NoWayOut(Numbers):
        def propose(self, states):
            return [[("dec", -1.0), ("half", -0.5), ("split 2", -1.0)] for _ in states]

    parts["generator"] = parts["checker"] = NoWayOut(largest=40)
    result = search.run(Number(20), **parts, strategy=MultiPerspective({"plan": 1}))
    assert result.stop is Stop.EXHAUSTED and result.graph.status[0] == search.FAILED


def test_log_probability_prefers_the_likelier_way():
    assert preferred("log-probability", two_leaves(Shown("x"), Shown("y"), weights=(-2.0, -1.0))) == 2


def test_fewest_splits_counts_goals_within_a_state_and_states_beside_it():
    assert preferred("fewest-splits", two_leaves(Shown("x", goals=("p", "q")), Shown("y"))) == 2
    graph = Graph(Shown("root"))
    graph.connect(0, "cases", -1.0, (Shown("x"), Shown("z")))
    graph.connect(0, "intro", -9.0, (Shown("y"),))
    view = make_perspective("fewest-splits")
    view.start(graph)
    assert view.score(3) < view.score(1)


def test_shortest_state_prefers_the_smaller_one():
    assert preferred("shortest-state", two_leaves(Shown("x", size=9), Shown("y", size=8))) == 2


def test_novelty_prefers_words_not_yet_expanded_and_ranks_again_while_leaves_wait():
    graph = two_leaves(Shown("root again"), Shown("something else"))
    assert preferred("novelty", graph) == 2
    view = make_perspective("novelty")
    view.start(graph)
    before = view.score(2)
    view.expanded([2])
    assert view.score(2) > before


def test_effectiveness_prefers_the_kind_of_action_that_was_of_use():
    graph = two_leaves(Shown("x", size=30), Shown("y", size=5), actions=("grow a", "shrink b"))
    assert preferred("effectiveness", graph) == 2
    table = {"grow": (100.0, 90.0), "shrink": (100.0, 1.0)}
    assert preferred("effectiveness", graph, table=table) == 1


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("unhygienic cases m <;> try simp", "cases"), ("(simp; omega)", "simp"), ("try (rfl)", "rfl"), ("try", "try"),
        ("· exact h", "exact"), ("rw [← x]", "rw"), ("intros\nsimp", "intros"), ("", ""), ("simp_all", "simp_all"),
    ],
)  # fmt: skip
def test_the_kind_of_an_action_is_its_first_word_that_says_what_it_does(action, kind):
    assert effective.first_word(action) == kind


def test_effectiveness_is_counted_over_searches_saved_and_loaded(tmp_path):
    numbers = Numbers()
    result = search.run(Number(12), generator=numbers, checker=numbers, strategy="best-first")
    table = effective.count([result.graph])
    applied = Counter(map(effective.first_word, result.graph.actions))
    assert {kind: counts[0] for kind, counts in table.items()} == applied
    assert table["done"][1] == table["done"][0] > 0 and table["double"] == (table["double"][0], 0.0)
    effective.save(table, tmp_path / "table.json")
    assert effective.load(tmp_path / "table.json") == table
    (tmp_path / "bad.json").write_text("[1, 2")
    with pytest.raises(search.SearchError, match="no table"):
        effective.load(tmp_path / "bad.json")


@pytest.mark.parametrize(
    ("action", "kind"),
    [("simp [foo]", "simp"), ("· exact h", "exact"), ("rw[h]", "rw"), ("omega", "omega"), ("", "")],
)
def test_the_kind_of_an_action_is_its_first_word(action, kind):
    assert effective.first_word(action) == kind


def wide(strategy, expansions: int, batch: int = 1):
    sliding = Sliding()
    return search.run(
        Board("21345678 "),  # of the half that cannot be solved
        generator=sliding,
        checker=sliding,
        critic=sliding,
        strategy=strategy,
        budget=Budget(expansions=expansions),
        options=Options(batch=batch),
    ).statistics.chosen_by


@pytest.mark.parametrize("batch", [1, 6])
def test_turns_are_dealt_out_by_weight(batch):
    weights = {"critic": 3, "shortest-state": 2, "novelty": 1, "log-probability": 0}
    counts = wide(MultiPerspective(weights), 601, batch)
    assert set(counts) == {"critic", "shortest-state", "novelty"}
    for name, share in (("critic", 300), ("shortest-state", 200), ("novelty", 100)):
        assert abs(counts[name] - share) <= 3


def test_a_quota_limits_a_perspective_and_the_others_take_its_turns():
    counts = wide(MultiPerspective({"critic": 5, "log-probability": 1}, quotas={"critic": 7}), 100)
    assert counts == {"critic": 7, "log-probability": 93}


def test_without_a_critic_its_perspective_is_left_out_and_the_result_says_so():
    numbers = Numbers()
    result = search.run(Number(40), generator=numbers, checker=numbers, strategy="multi-perspective")
    assert result.statistics.chosen_by["critic"] == 0
    assert any("no critic" in warning for warning in result.warnings)
    with pytest.raises(search.SearchError, match="needs a critic"):
        only = MultiPerspective({"critic": 1})
        search.run(Number(40), generator=numbers, checker=numbers, strategy=only)


@pytest.mark.parametrize("wrong", [{"charm": 1}, {}, {"critic": 0}, {"critic": -1}, {"critic": float("nan")}])
def test_impossible_weights_are_refused(wrong):
    with pytest.raises(search.SearchError, match="perspective"):
        MultiPerspective(wrong)


@pytest.mark.parametrize("name", list(PERSPECTIVES))
def test_each_perspective_alone_solves_the_puzzle(name):
    sliding = Sliding()
    result = search.run(
        Board(shuffled(12, 4)),
        generator=sliding,
        checker=sliding,
        critic=sliding,
        strategy=MultiPerspective({name: 1}),
        budget=Budget(expansions=30_000),
    )
    assert result.solved and set(result.statistics.in_proof) == {name}


def test_a_strategy_object_can_be_used_for_one_search_after_another():
    sliding = Sliding()
    for strategy in map(make_strategy, STRATEGIES):
        runs = [
            search.run(
                Board(shuffled(14, 9)),
                generator=sliding,
                checker=sliding,
                critic=sliding,
                strategy=strategy,
                seed=3,
                budget=Budget(expansions=500),
            )
            for _ in range(2)
        ]
        assert runs[0].graph.actions == runs[1].graph.actions
        assert list(runs[0].graph.order) == list(runs[1].graph.order)
