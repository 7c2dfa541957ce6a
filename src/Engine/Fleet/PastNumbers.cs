namespace GunicornPrometheusExporter.Fleet;

/// <summary>The counts of a host's earlier incarnations, by merged series. All are 0 between two hosts.</summary>
/// <remarks>
/// They are added to the host's own values, not to the sum of all hosts, because its exporter does the same at a new
/// incarnation: the sum is then rounded in the same way before and after.
/// </remarks>
internal sealed class PastNumbers
{
    private double[] _numbers = [];

    public void Add(HostNumbers past, int seriesCount)
    {
        if (_numbers.Length < seriesCount) _numbers = new double[seriesCount];
        for (var i = 0; i < past.Series.Length; i++) _numbers[past.Series[i]] += past.Numbers[i];
    }

    /// <summary>Moves the counts to the numbers of the same series.</summary>
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
