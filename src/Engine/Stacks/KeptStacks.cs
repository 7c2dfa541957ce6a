namespace GunicornPrometheusExporter.Stacks;

/// <summary>The last stack of each thread that was taken or collected, for whoever accounts for a death.</summary>
/// <remarks>Safe for any number of threads.</remarks>
internal sealed class KeptStacks
{
    private const int Most = 1024;

    // Of the names in all stacks: an application's stack has about 5,000.
    private const int MostCharacters = 8 << 20;

    private readonly Lock _gate = new();

    // In the order in which they came: a hostile worker makes up their times.
    private readonly OrderedDictionary<(int Pid, int Thread), ThreadStack> _stacks = [];
    private int _characters;

    public void Add(params IEnumerable<ThreadStack> stacks)
    {
        lock (_gate)
        {
            foreach (var stack in stacks)
            {
                Remove(_stacks.IndexOf((stack.Pid, stack.Thread)));
                _stacks.Add((stack.Pid, stack.Thread), stack);
                _characters += stack.Characters;
                while (_stacks.Count > Most || _characters > MostCharacters) Remove(0);
            }
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

    private void Remove(int place)
    {
        if (place < 0) return;
        _characters -= _stacks.GetAt(place).Value.Characters;
        _stacks.RemoveAt(place);
    }
}
