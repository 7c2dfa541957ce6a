using System.Runtime.Intrinsics;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The merged value of every series, by index. Each scrape computes the values again in the same arrays.</summary>
/// <remarks>Merging allocates nothing. Not thread-safe.</remarks>
internal sealed class SeriesValues
{
    /// <summary>The index of dropped entries: it accepts values but never has one.</summary>
    public const int Dropped = 0;

    /// <summary>How many doubles are added at once.</summary>
    private const int Lanes = 4;

    private double[] _values = new double[64];
    private double[] _remainders = new double[64];
    private double[] _timestamps = [];
    private bool[] _present = new bool[64];

    /// <summary>The number of indices, including <see cref="Dropped"/>.</summary>
    public int Count { get; private set; } = 1;

    public ReadOnlySpan<double> Values => _values.AsSpan(0, Count);

    /// <summary>The rounding remainder of each value, after <see cref="Settle"/>.</summary>
    public ReadOnlySpan<double> Remainders => _remainders.AsSpan(0, Count);

    /// <summary>Which series have a value at this scrape.</summary>
    public ReadOnlySpan<bool> Present => _present.AsSpan(0, Count);

    /// <summary>The timestamp in seconds of a value merged as the most recent one; 0 for every other.</summary>
    public double TimestampOf(int series) => series < _timestamps.Length ? _timestamps[series] : 0;

    public int Add()
    {
        if (Count == _values.Length)
        {
            Array.Resize(ref _values, 2 * Count);
            Array.Resize(ref _remainders, 2 * Count);
            Array.Resize(ref _present, 2 * Count);
        }
        return Count++;
    }

    /// <summary>Removes every value, and keeps the series.</summary>
    public void Begin()
    {
        Array.Clear(_values, 0, Count);
        Array.Clear(_remainders, 0, Count);
        Array.Clear(_present, 0, Count);
        Array.Clear(_timestamps);
    }

    public void Clear()
    {
        Begin();
        Count = 1;
    }

    public void Set(int series, double value)
    {
        _values[series] = value;
        _present[series] = true;
    }

    /// <summary>Adds to the value of a series; a missing value counts as 0.</summary>
    public void Add(int series, double amount)
    {
        _values[series] += amount;
        _present[series] = true;
    }

    /// <summary>Adds the value of a series to another one, and removes it.</summary>
    public void Move(int from, int to)
    {
        if (!_present[from]) return;
        Add(to, _values[from]);
        (_values[from], _present[from]) = (0, false);
    }

    public void RemoveZero(int series) => _present[series] &= _values[series] != 0;

    /// <summary>Gives a series the value 0 if it has none.</summary>
    public void Ensure(int series) => _present[series] = true;

    public void Remove(int series) => _present[series] = false;

    /// <summary>Merges the values of one file; the spans have one element per entry.</summary>
    public void Merge(
        GaugeMode rule, ReadOnlySpan<int> series, ReadOnlySpan<double> values, ReadOnlySpan<double> timestamps)
    {
        values = values[..series.Length];
        switch (rule)
        {
            case GaugeMode.Sum: AddAll(series, values); break;
            case GaugeMode.Min: KeepAll(series, values, (value, merged) => value < merged); break;
            case GaugeMode.Max: KeepAll(series, values, (value, merged) => value > merged); break;
            case GaugeMode.MostRecent: KeepRecent(series, values, timestamps); break;
            default: KeepAll(series, values, (_, _) => true); break;
        }
        _present[Dropped] = false;
    }

    /// <summary>Rounds every sum after all files are merged.</summary>
    public void Settle()
    {
        for (var i = 0; i < Count; i++)
        {
            if (_remainders[i] == 0) continue;
            var whole = _values[i] + _remainders[i];
            // Infinity and NaN are not rounded.
            if (!double.IsFinite(whole)) continue;
            _remainders[i] -= whole - _values[i];
            _values[i] = whole;
        }
    }

    /// <summary>
    /// Adds with compensated (Neumaier) summation, so that a sum does not depend on the order of the files: compaction changes
    /// the order, and Prometheus would see a counter that decreases by its last bit as a reset.
    /// </summary>
    private void AddAll(ReadOnlySpan<int> series, ReadOnlySpan<double> values)
    {
        var i = 0;
        for (; i <= series.Length - Lanes; i += Lanes)
        {
            // The entries of a metric mostly follow each other in the order of their series.
            if (Vector128.Create(series[i..]) == Vector128.CreateSequence(series[i], 1)) AddRow(series[i], values[i..]);
            else AddEach(series.Slice(i, Lanes), values[i..]);
        }
        AddEach(series[i..], values[i..]);
    }

    /// <summary>Adds to consecutive series; the same arithmetic as <see cref="AddEach"/>.</summary>
    private void AddRow(int first, ReadOnlySpan<double> values)
    {
        var sums = _values.AsSpan(first, Lanes);
        var remainders = _remainders.AsSpan(first, Lanes);
        var (before, added) = (Vector256.Create<double>(sums), Vector256.Create(values));
        var sum = before + added;
        var taken = sum - before;
        (Vector256.Create<double>(remainders) + (before - (sum - taken) + (added - taken))).CopyTo(remainders);
        sum.CopyTo(sums);
        _present.AsSpan(first, Lanes).Fill(true);
    }

    private void AddEach(ReadOnlySpan<int> series, ReadOnlySpan<double> values)
    {
        for (var i = 0; i < series.Length; i++)
        {
            ref var sum = ref _values[series[i]];
            var (before, added) = (sum, values[i]);
            sum = before + added;
            var taken = sum - before;
            _remainders[series[i]] += before - (sum - taken) + (added - taken);
            _present[series[i]] = true;
        }
    }

    private void KeepAll(ReadOnlySpan<int> series, ReadOnlySpan<double> values, Func<double, double, bool> isBetter)
    {
        for (var i = 0; i < series.Length; i++)
        {
            ref var merged = ref _values[series[i]];
            ref var present = ref _present[series[i]];
            if (!present || isBetter(values[i], merged)) merged = values[i];
            present = true;
        }
    }

    private void KeepRecent(ReadOnlySpan<int> series, ReadOnlySpan<double> values, ReadOnlySpan<double> timestamps)
    {
        if (_timestamps.Length < _values.Length) Array.Resize(ref _timestamps, _values.Length);
        for (var i = 0; i < series.Length; i++)
        {
            ref var newest = ref _timestamps[series[i]];
            if (!(timestamps[i] > newest)) continue;
            newest = timestamps[i];
            Set(series[i], values[i]);
        }
    }
}
