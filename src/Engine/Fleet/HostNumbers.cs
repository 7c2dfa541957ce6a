using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>The values of one host by merged series, in arrays that are reused for every host.</summary>
/// <remarks>A bucket's value excludes the count of the next lower bucket, as in a store.</remarks>
internal sealed class HostNumbers
{
    private int[] _series = [];
    private double[] _numbers = [];
    private int _count;

    public ReadOnlySpan<int> Series => _series.AsSpan(0, _count);

    public Span<double> Numbers => _numbers.AsSpan(0, _count);

    /// <param name="maps">The series of each family.</param>
    public void Read(SampleMap[] maps, MetricSnapshot snapshot)
    {
        var values = snapshot.Values.Span;
        _count = values.Length;
        if (_series.Length < _count) (_series, _numbers) = (new int[_count], new double[_count]);
        var start = 0;
        foreach (var map in maps)
        {
            Read(map, values.Slice(start, map.Series.Length), start);
            start += map.Series.Length;
        }
    }

    private void Read(SampleMap map, ReadOnlySpan<double> values, int start)
    {
        var series = map.Series;
        var isNextBucket = map.IsNextBucket;
        var below = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            if (!isNextBucket[i]) below = 0;
            _series[start + i] = SeriesValues.Dropped;
            if (MetricSnapshot.IsAbsent(values[i])) continue;
            _series[start + i] = series[i];
            _numbers[start + i] = values[i] - below;
            below = values[i];
        }
    }
}
