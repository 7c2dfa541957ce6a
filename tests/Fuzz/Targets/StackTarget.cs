using System.Collections.Immutable;
using System.Text;
using GunicornPrometheusExporter.Fuzz.Inputs;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Fuzz.Targets;

/// <summary>What a worker writes about its Python code: the text of stacks, <see cref="StackText"/>, and lines of incidents.</summary>
internal sealed class StackTarget : IFuzzTarget
{
    private const string Header = "Stack (most recent call first):\n";

    private static readonly string[] Oddities =
    [
        Header, "thread 1 2 3.5\n", "thread 1 2 1e999\n", "thread 99999999999 2 3\n", "  File \"", "\", line ", " in ", "???", "  ...\n", "\0",
        "\r", "\e[2J", "\n", "\"", "\\", "{", "}", "null", "1e999", "-1", "\\ud800", "\"stack\":[null]", "\"time\":\"x\"", "\u2028",
    ];

    private static readonly byte[] Whole = Text([new ThreadStack(7, 8, 9, [new StackFrame("/srv/last.py", 3, "last")])]);

    public string Name => "stacks";

    public int Share => 20;

    public byte[] Make(Random random)
    {
        var stacks = Enumerable.Range(0, random.Next(4))
            .Select(_ => new ThreadStack(random.Next(), random.Next(), random.Next(), Frames(random))).ToArray();
        var incidents = stacks.Select(stack => new Incident(stack.Time, IncidentKinds.Exception)
        {
            Pid = stack.Pid,
            Route = $"/{random.Next():x}",
            Stack = stack.Frames,
        });
        var lines = incidents.SelectMany(IncidentLine.Write).ToArray();
        return new InputWriter().Block(Spoil(random, Text(stacks))).Block(Spoil(random, lines)).ToArray();
    }

    public bool Run(ReadOnlySpan<byte> input)
    {
        var script = new InputReader(input);
        var text = script.TakeBlock().ToArray();

        var stacks = StackText.Read(text);
        FuzzFailure.Unless(stacks.All(stack => stack.Frames.Length is > 0 and <= StackText.MostFrames), "a stack has no or too many frames");
        FuzzFailure.Unless(
            stacks.SelectMany(stack => stack.Frames).All(frame => IsShort(frame.File) && IsShort(frame.Function) && frame.Line >= 0),
            "a frame has a long text or a negative line");
        var next = StackText.Read([.. text, (byte)'\n', .. Whole])[^1];
        FuzzFailure.Unless(next.Frames is [{ File: "/srv/last.py" }], "what a worker wrote before spoils the next stack");

        var incidents = IncidentJson.ReadLines(script.TakeBlock()).Where(incident => incident.HasDate).ToArray();
        foreach (var line in incidents.Select(IncidentLine.Write))
        {
            FuzzFailure.Unless(line.AsSpan().IndexOf((byte)'\n') == line.Length - 1, "an incident has more than one line");
            var again = IncidentJson.ReadLines(line).Select(IncidentLine.Write).ToArray();
            FuzzFailure.Unless(again is [var only] && only.AsSpan().SequenceEqual(line), "an incident is not what was written");
        }
        return stacks.Count > 0 && incidents.Length > 0;
    }

    public void Dispose()
    {
        // It holds nothing.
    }

    private static bool IsShort(string text) => text.Length <= StackText.LongestText && !text.Contains('\n', StringComparison.Ordinal);

    private static ImmutableArray<StackFrame> Frames(Random random) =>
        [.. Enumerable.Range(1, 1 + random.Next(100)).Select(line => new StackFrame($"/srv/{random.Next():x}.py", line, $"f{line}"))];

    private static byte[] Text(IEnumerable<ThreadStack> stacks) =>
    [
        .. stacks.SelectMany(stack => (byte[])
        [
            .. StackText.MarkerOf(stack.Pid, stack.Thread, stack.Time), .. Encoding.UTF8.GetBytes(Header),
            .. stack.Frames.SelectMany(frame =>
                Encoding.UTF8.GetBytes($"  File \"{frame.File}\", line {frame.Line} in {frame.Function}\n")),
        ]),
    ];

    private static byte[] Spoil(Random random, byte[] bytes)
    {
        for (var oddities = random.Next(4); oddities > 0; oddities--)
        {
            var at = random.Next(bytes.Length + 1);
            var oddity = Encoding.UTF8.GetBytes(Oddities[random.Next(Oddities.Length)]);
            var times = random.Next(20) == 0 ? 1_500 : 1;
            bytes = [.. bytes[..at], .. Enumerable.Repeat(oddity, times).SelectMany(part => part), .. bytes[at..]];
        }
        return Mutations.Damage(random, bytes);
    }
}
