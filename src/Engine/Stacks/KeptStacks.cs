namespace GunicornPrometheusExporter.Stacks;

/// <summary>The last stack of each thread that was taken or collected, for whoever accounts for a death.</summary>
/// <remarks>Safe for any number of threads.</remarks>
internal sealed class KeptStacks
{
    private const int Most = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<(int Pid, int Thread), ThreadStack> _stacks = [];

    public void Add(params IEnumerable<ThreadStack> stacks)
    {
        lock (_gate)
        {
            foreach (var stack in stacks) _stacks[(stack.Pid, stack.Thread)] = stack;
            if (_stacks.Count <= Most) return;
            var oldest = _stacks.OrderBy(entry => entry.Value.Time).Take(_stacks.Count - (Most / 2)).ToList();
            foreach (var (key, _) in oldest) _stacks.Remove(key);
        }
    }

    /// <summary>The stack of a thread, else the latest of its process; null if there is none since a time of the monotonic clock.</summary>
    public ThreadStack? Find(int pid, int thread, double since)
    {
        lock (_gate)
        {
            if (_stacks.TryGetValue((pid, thread), out var stack) && stack.Time >= since) return stack;
            return _stacks.Values.Where(other => other.Pid == pid && other.Time >= since).MaxBy(other => other.Time);
        }
    }
}
