"""Words of a request that say nothing about which package is meant."""

STOP = frozenset(
    """
    a able about above across after against all allow allows also am an and any application are as at based be
    because been before being below between both but by can class classes code could create creates define
    defines different do does doing done down each easily every few for from function functions further
    generate generates get given gives has have having he help her here his how i if implement implements
    import imports in include includes including install into is it its itself just libraries library like
    made make makes me module modules more most multiple my necessary need needed needs new no nor not now of
    off on once one only or other our out over own package packages please program provide provides required
    run same script several should show simple so some such than that the their them then there these they
    this those through to too two under until up us use used uses using various very via want was we were what
    when where which while who whom why will with within without would write writes you your
    """.split()  # noqa: SIM905 a list of 200 quoted words is no better to read
)
"""Lower case."""
