using System.Text.RegularExpressions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests;

/// <summary>The sources keep to what ARCHITECTURE.md draws, and to the fence around unsafe code.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string[] Unsafe =
    [
        "Engine/Native", "Engine/Files", "Engine/HistogramDetails", "Engine/Directories", "Engine/Slots", "Engine/Flights",
        "PythonModule/CApi", "PythonModule/Module",
    ];

    private static readonly string Sources = Path.Combine(Documentation.Repository, "src");

    [Fact]
    public void The_rooms_of_the_engine_use_exactly_the_rooms_that_are_drawn()
    {
        var drawn = Drawn();
        Assert.Equal(drawn.Keys.Order(), Rooms().Order());
        foreach (var (room, used) in drawn)
        {
            Assert.True(used.SetEquals(UsedBy(room)), $"{room} uses {string.Join(", ", UsedBy(room).Order())}; " +
                $"ARCHITECTURE.md draws {string.Join(", ", used.Order())}");
        }
    }

    [Fact]
    public void No_room_uses_a_room_that_is_drawn_below_it()
    {
        var above = new HashSet<string>();
        foreach (var (room, used) in Drawn())
        {
            Assert.True(used.IsSubsetOf(above), $"{room} stands above {string.Join(", ", used.Except(above))}");
            above.Add(room);
        }
    }

    [Fact]
    public void Unsafe_code_stands_in_its_rooms_only_and_each_block_says_why_it_is_safe()
    {
        foreach (var path in Directory.EnumerateFiles(Sources, "*.cs", SearchOption.AllDirectories).Where(path => !IsBuilt(path)))
        {
            var text = File.ReadAllText(path);
            var blocks = UnsafeWord().Count(text);
            if (blocks == 0) continue;
            var name = Path.GetRelativePath(Sources, path);
            Assert.Contains(Unsafe, room => name.StartsWith(room + "/", StringComparison.Ordinal));
            Assert.True(blocks <= text.Split("SAFETY:").Length - 1, $"{name}: {blocks} unsafe blocks and fewer SAFETY lines");
        }
    }

    /// <summary>The rows of the table of rooms, from the top.</summary>
    private static Dictionary<string, HashSet<string>> Drawn()
    {
        var page = File.ReadAllText(Path.Combine(Documentation.Repository, "ARCHITECTURE.md"));
        var table = page[page.IndexOf("| Room | Uses |", StringComparison.Ordinal)..].Split("\n\n")[0];
        return table.Split('\n').Skip(2).Select(row => row.Split('|', StringSplitOptions.TrimEntries)).ToDictionary(
            cells => cells[1].Trim('`'), cells => CodeWord().Matches(cells[2]).Select(match => match.Groups[1].Value).ToHashSet());
    }

    private static IEnumerable<string> Rooms() => Directory.EnumerateDirectories(Path.Combine(Sources, "Engine"))
        .Where(room => Directory.EnumerateFiles(room, "*.cs", SearchOption.AllDirectories).Any(path => !IsBuilt(path)))
        .Select(room => Path.GetFileName(room));

    private static HashSet<string> UsedBy(string room) =>
        Directory.EnumerateFiles(Path.Combine(Sources, "Engine", room), "*.cs", SearchOption.AllDirectories)
            .SelectMany(path => RoomName().Matches(File.ReadAllText(path)))
            .Select(match => match.Groups[1].Value)
            .Where(other => other != room)
            .ToHashSet();

    private static bool IsBuilt(string path) =>
        path.Contains("/obj/", StringComparison.Ordinal) || path.Contains("/bin/", StringComparison.Ordinal);

    [GeneratedRegex(@"^using (?:static )?GunicornPrometheusExporter\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex RoomName();

    [GeneratedRegex("`(\\w+)`")]
    private static partial Regex CodeWord();

    [GeneratedRegex(@"^[^/\n]*\bunsafe\b", RegexOptions.Multiline)]
    private static partial Regex UnsafeWord();
}
