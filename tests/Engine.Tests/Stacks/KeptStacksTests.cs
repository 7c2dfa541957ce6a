using GunicornPrometheusExporter.Stacks;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Stacks;

/// <summary>The stacks in memory, some of which a hostile worker made up.</summary>
public sealed class KeptStacksTests
{
    private readonly KeptStacks _kept = new();

    [Fact]
    public void The_stack_of_a_thread_is_preferred_to_the_latest_of_its_process()
    {
        _kept.Add(StackOf(7, 8, 1), StackOf(7, 9, 2), StackOf(6, 10, 3));

        Assert.Equal(8, _kept.Find(7, 8, since: 1)!.Thread);
        Assert.Equal(9, _kept.Find(7, 8, since: 1.5)!.Thread);
        Assert.Null(_kept.Find(7, 8, since: 2.5));
    }

    [Fact]
    public void Stacks_from_the_future_do_not_push_out_later_ones()
    {
        for (var thread = 1; thread <= 1024; thread++) _kept.Add(StackOf(6, thread, 1e300));
        _kept.Add(StackOf(7, 8, 1));

        Assert.NotNull(_kept.Find(7, 8, since: 1));
    }

    [Fact]
    public void However_long_the_names_are_that_a_worker_makes_up_the_memory_is_bounded()
    {
        var longest = new string('x', 500);
        for (var thread = 1; thread <= 1000; thread++)
        {
            _kept.Add(new ThreadStack(7, thread, 1, [.. Enumerable.Repeat(new StackFrame(longest, 1, longest), 100)]));
        }

        Assert.InRange(Enumerable.Range(1, 1000).Count(thread => _kept.Find(7, thread, since: 1)!.Thread == thread), 1, 200);
        Assert.Equal(1000, _kept.Find(7, 1000, since: 1)!.Thread);
    }

    private static ThreadStack StackOf(int pid, int thread, double time) => new(pid, thread, time, [new("/srv/app.py", 1, "view")]);
}
