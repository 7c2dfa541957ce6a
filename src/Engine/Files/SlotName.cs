using System.Globalization;

namespace GunicornPrometheusExporter.Files;

/// <summary>The names of slots: <c>worker-3</c>.</summary>
internal static class SlotName
{
    /// <summary>Slot numbers of a kind are below it.</summary>
    public const int Limit = 1 << 20;

    /// <summary>The file of a store whose bytes the holders of slots lock.</summary>
    public const string LockFile = "slots.lock";

    /// <summary>As in file names and in <c>worker_id</c>: <c>worker-3</c>.</summary>
    public static string Of(SlotKind kind, int number) => $"{WordOf(kind)}-{number}";

    /// <summary>As a label value: <c>worker_3</c>.</summary>
    public static string LabelOf(SlotKind kind, int number) => $"{WordOf(kind)}_{number}";

    /// <returns>False if it is no slot's name but, for example, a pid.</returns>
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
