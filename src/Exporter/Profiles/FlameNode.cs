using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>A box of a flame graph: a frame below the same callers, with the time of all stacks that pass it.</summary>
internal sealed class FlameNode(StackFrame frame)
{
    private readonly Dictionary<StackFrame, FlameNode> _children = [];

    internal StackFrame Frame => frame;

    internal double Seconds { get; private set; }

    /// <summary>The time of the stacks that end here.</summary>
    internal double OwnSeconds => Seconds - _children.Values.Sum(child => child.Seconds);

    /// <summary>What it calls, the most time first.</summary>
    internal IEnumerable<FlameNode> Children => _children.Values.OrderByDescending(child => child.Seconds);

    /// <summary>The root of a profile.</summary>
    internal static FlameNode Of(Profile profile)
    {
        var root = new FlameNode(new("", 0, "all"));
        foreach (var (frames, seconds) in profile.Stacks)
        {
            var node = root;
            node.Seconds += seconds;
            foreach (var frame in frames.Reverse())
            {
                if (!node._children.TryGetValue(frame, out var child)) node._children[frame] = child = new(frame);
                node = child;
                node.Seconds += seconds;
            }
        }
        return root;
    }
}
