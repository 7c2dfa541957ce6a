using System.Numerics;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Fuzz.Oracles;

/// <summary>What entries of several files become under a rule, in exact arithmetic.</summary>
internal sealed class ReferenceMerge(GaugeMode rule)
{
    private readonly Dictionary<string, List<(double Value, double Timestamp)>> _entries = new(StringComparer.Ordinal);

    /// <summary>Adds the entries of a file.</summary>
    public void Add(byte[] file, List<ReferenceEntry> entries)
    {
        foreach (var entry in entries)
        {
            var key = KeyOf(file, entry);
            if (!_entries.TryGetValue(key, out var values)) _entries.Add(key, values = []);
            values.Add((BitConverter.Int64BitsToDouble(entry.Value), BitConverter.Int64BitsToDouble(entry.Timestamp)));
        }
    }

    /// <summary>Fails unless a merged file says just that.</summary>
    public void Verify(byte[] file, List<ReferenceEntry> merged)
    {
        var found = merged.GroupBy(entry => KeyOf(file, entry), StringComparer.Ordinal).ToDictionary(
            group => group.Key,
            group => group.Select(entry => (
                Value: BitConverter.Int64BitsToDouble(entry.Value), Timestamp: BitConverter.Int64BitsToDouble(entry.Timestamp))).ToList(),
            StringComparer.Ordinal);
        foreach (var (key, values) in _entries)
        {
            if (!found.Remove(key, out var result)) result = [];
            FuzzFailure.Unless(
                IsMergeOf(values, result), $"{rule} of {string.Join(' ', values)} is {string.Join(' ', result)}: {key}");
        }
        FuzzFailure.Unless(found.Count == 0, $"{found.Count} keys come from nowhere");
    }

    private bool IsMergeOf(List<(double Value, double Timestamp)> values, List<(double Value, double Timestamp)> result)
    {
        switch (rule)
        {
            case GaugeMode.Sum:
                return IsSumOf(values.ConvertAll(entry => entry.Value), result.ConvertAll(entry => entry.Value));
            case GaugeMode.MostRecent:
                var newest = values.Select(entry => entry.Timestamp).Where(timestamp => timestamp > 0).DefaultIfEmpty().Max();
                return newest == 0
                    ? result.Count == 0
                    : result.Count == 1 && result[0].Timestamp == newest
                        && values.Exists(entry => entry.Timestamp == newest && entry.Value.Equals(result[0].Value));
            default:
                // The first of what is not comparable decides.
                if (values.Exists(entry => double.IsNaN(entry.Value))) return result.Count == 1;
                var best = rule == GaugeMode.Min ? values.Min(entry => entry.Value) : values.Max(entry => entry.Value);
                return result.Count == 1 && result[0].Value == best;
        }
    }

    private static bool IsSumOf(List<double> values, List<double> result)
    {
        if (result.Count is 0 or > 2) return false;
        if (values.Count == 1) return result.Count == 1 && result[0].Equals(values[0]);
        var magnitude = values.Sum(Math.Abs);
        if (!double.IsFinite(magnitude)) return values.TrueForAll(double.IsFinite) || result.Sum().Equals(values.Sum());
        var (sum, tail) = (values.Aggregate(BigInteger.Zero, (total, value) => total + Exact(value)), result.Aggregate(BigInteger.Zero, (total, value) => total + Exact(value)));
        // What the compensation itself rounds is some 2^-106 of what was added.
        return BigInteger.Abs(sum - tail) <= Exact(magnitude) >> 96;
    }

    /// <summary>A finite number in units of the smallest one.</summary>
    private static BigInteger Exact(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger significand = bits & 0xF_FFFF_FFFF_FFFF;
        if (exponent > 0) significand = (significand + (1L << 52)) << (exponent - 1);
        return bits < 0 ? -significand : significand;
    }

    private static string KeyOf(byte[] file, ReferenceEntry entry) =>
        System.Text.Encoding.Latin1.GetString(file, entry.Offset, entry.ValueOffset - entry.Offset);
}
