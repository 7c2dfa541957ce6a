namespace GunicornPrometheusExporter.Fleet;

/// <summary>What a host had counted before, by merged series: all 0 between two hosts.</summary>
/// <remarks>
/// It is added to the host's own numbers and not to those of all hosts, as its exporter adds it up when a store is over:
/// the sum rounds the same, before and after.
/// </remarks>
internal sealed class PastNumbers
{
    private double[] _numbers = [];

    /// <summary>Adds numbers.</summary>
    public void Add(HostNumbers past, int seriesCount)
    {
        if (_numbers.Length < seriesCount) _numbers = new double[seriesCount];
        for (var i = 0; i < past.Series.Length; i++) _numbers[past.Series[i]] += past.Numbers[i];
    }

    /// <summary>Moves to some numbers what belongs to their series.</summary>
    public void MoveTo(HostNumbers numbers)
    {
        var series = numbers.Series;
        var values = numbers.Numbers;
        for (var i = 0; i < series.Length; i++)
        {
            values[i] += _numbers[series[i]];
            _numbers[series[i]] = 0;
        }
    }
}
