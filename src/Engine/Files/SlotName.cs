using System.Globalization;

namespace GunicornPrometheusExporter.Files;

/// <summary>The names of slots: <c>worker-3</c>.</summary>
internal static class SlotName
{
    /// <summary>The numbers of the slots of a kind are below it.</summary>
    public const int Limit = 1 << 20;

    /// <summary>The file of a store whose bytes are locked by the holders of slots.</summary>
    public const string LockFile = "slots.lock";

    /// <summary>The name of a slot, as in file names and in <c>worker_id</c>: <c>worker-3</c>.</summary>
    public static string Of(SlotKind kind, int number) => $"{WordOf(kind)}-{number}";

    /// <summary>The slot as a label value: <c>worker_3</c>.</summary>
    public static string LabelOf(SlotKind kind, int number) => $"{WordOf(kind)}_{number}";

    /// <summary>Reads a slot's name.</summary>
    /// <returns>False if it is the name of no slot: a pid, say.</returns>
    public static bool TryParse(string name, out SlotKind kind, out int number)
    {
        number = 0;
        kind = default;
        if (name.Split('-', 2) is not [var word, var digits]) return false;
        foreach (var candidate in (ReadOnlySpan<SlotKind>)[SlotKind.Worker, SlotKind.Master, SlotKind.Process, SlotKind.Exporter])
        {
            if (WordOf(candidate) != word) continue;
            kind = candidate;
            return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number)
                && number is > 0 and < Limit;
        }
        return false;
    }

    private static string WordOf(SlotKind kind) =>
        kind switch { SlotKind.Worker => "worker", SlotKind.Master => "master", SlotKind.Exporter => "exporter", _ => "process" };
}
