using System.Collections.Immutable;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>Stacks with the time that threads spent in them. Not thread-safe.</summary>
internal sealed class Profile
{
    /// <summary>The only frame of the stacks that were too many.</summary>
    internal static readonly StackFrame Other = new("", 0, "__other__");

    // Of the names in all distinct stacks; an application has a few hundred stacks of about 5,000.
    private const int MostCharacters = 32 << 20;

    private readonly Dictionary<ImmutableArray<StackFrame>, double> _seconds = new(SameFrames.Comparer);
    private int _characters;

    /// <summary>The stacks, each with the innermost frame first, and the seconds that requests spent there.</summary>
    internal IReadOnlyDictionary<ImmutableArray<StackFrame>, double> Stacks => _seconds;

    /// <summary>How long the profile took, in seconds.</summary>
    internal double Duration { get; set; }

    /// <summary>What the samples took of all workers, in seconds.</summary>
    internal double Cost { get; set; }

    /// <summary>Adds time to a stack.</summary>
    internal void Add(ImmutableArray<StackFrame> frames, double seconds)
    {
        if (!_seconds.ContainsKey(frames))
        {
            var characters = frames.Sum(frame => frame.File.Length + frame.Function.Length);
            if (_characters + characters > MostCharacters) frames = [Other];
            else _characters += characters;
        }
        _seconds[frames] = _seconds.GetValueOrDefault(frames) + seconds;
    }

    private sealed class SameFrames : IEqualityComparer<ImmutableArray<StackFrame>>
    {
        internal static readonly SameFrames Comparer = new();

        public bool Equals(ImmutableArray<StackFrame> one, ImmutableArray<StackFrame> other) => one.AsSpan().SequenceEqual(other.AsSpan());

        public int GetHashCode(ImmutableArray<StackFrame> frames)
        {
            var hash = new HashCode();
            foreach (var frame in frames) hash.Add(frame);
            return hash.ToHashCode();
        }
    }
}
