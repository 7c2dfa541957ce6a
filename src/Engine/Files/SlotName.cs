using System.Collections.Immutable;
using System.Globalization;

namespace GunicornPrometheusExporter.Files;

/// <summary>The names of slots: <c>worker-3</c>.</summary>
internal static class SlotName
{
    /// <summary>Slot numbers of a kind are below it.</summary>
    public const int Limit = 1 << 20;

    /// <summary>The file of a store whose bytes the holders of slots lock. It holds no bytes, only locks.</summary>
    public const string LockFile = "slots.lock";

    // In the order of SlotKind.
    private static readonly ImmutableArray<string> Words = ["worker", "master", "process", "exporter", "dirty", "arbiter"];

    /// <summary>As in file names and in <c>worker_id</c>: <c>worker-3</c>.</summary>
    public static string Of(SlotKind kind, int number) => $"{Words[(int)kind]}-{number}";

    /// <summary>As a label value: <c>worker_3</c>.</summary>
    public static string LabelOf(SlotKind kind, int number) => $"{Words[(int)kind]}_{number}";

    /// <returns>False if it is no slot's name but, for example, a pid.</returns>
    public static bool TryParse(string name, out SlotKind kind, out int number)
    {
        (kind, number) = (default, 0);
        if (name.Split('-', 2) is not [var word, var digits] || Words.IndexOf(word) is not (>= 0 and var index)) return false;
        kind = (SlotKind)index;
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is > 0 and < Limit;
    }
}
