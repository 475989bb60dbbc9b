from ums_client import errors
from ums_client.protocol.errors import ErrorCode


def children(kind):
    """Those of the client; programs that use it may have errors of their own."""
    return [c for c in kind.__subclasses__() if c.__module__.startswith("ums_client")]


def subclasses(kind):
    for child in children(kind):
        yield child
        yield from subclasses(child)


def test_every_code_has_a_class_of_its_own():
    assert set(errors.REFUSALS) == set(ErrorCode)
    assert len(set(errors.REFUSALS.values())) == len(ErrorCode)


def test_every_refusal_stands_for_a_code():
    assert set(errors.REFUSALS.values()) == set(subclasses(errors.RequestRefused))


def test_every_error_belongs_to_one_branch_of_the_tree():
    branches = {
        errors.RequestRefused,
        errors.NoAnswer,
        errors.InvalidReply,
        errors.TokenRefused,
        errors.Misuse,
    }
    assert set(children(errors.UmsError)) == branches


def test_the_tree_at_the_top_names_every_error_but_the_refusals():
    drawn = errors.__doc__ or ""
    named = set(subclasses(errors.UmsError)) - set(errors.REFUSALS.values())
    assert all(kind.__name__ in drawn for kind in named)
