using GunicornPrometheusExporter.Files;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

public sealed class ChangeWatchTests
{
    private const long Second = 1_000_000_000;
    private const long Hour = (3600 * Second) + 1;
    private const long Step = 20_000_000;

    private ChangeWatch _watch;

    [Fact]
    public void A_change_is_settled_once_the_clock_has_gone_a_step_further()
    {
        Assert.False(_watch.IsSettled(Hour, now: Hour, steady: 0));
        Assert.False(_watch.IsSettled(Hour, now: Hour + Step, steady: Step));
        Assert.True(_watch.IsSettled(Hour, now: Hour + Step + 1, steady: Step));
    }

    [Fact]
    public void A_change_at_a_whole_second_is_settled_once_the_second_is_over()
    {
        Assert.False(_watch.IsSettled(Second, now: Second + Step + 1, steady: Step));
        Assert.False(_watch.IsSettled(Second, now: Second + Second + Step, steady: Second));
        Assert.True(_watch.IsSettled(Second, now: Second + Second + Step + 1, steady: Second));
    }

    [Fact]
    public void After_the_clock_was_set_back_it_is_settled_once_it_was_seen_for_a_step()
    {
        Assert.False(_watch.IsSettled(Hour, now: 5, steady: 7));
        Assert.False(_watch.IsSettled(Hour, now: 5 + Step, steady: 7 + Step));
        Assert.True(_watch.IsSettled(Hour, now: 6 + Step, steady: 8 + Step));
        // Another change is another matter.
        Assert.False(_watch.IsSettled(Hour + 1, now: 7 + Step, steady: 9 + Step));
    }
}
