namespace GunicornPrometheusExporter.Exposition;

/// <summary>Computes the values of a family's lines, in order: buckets are cumulative, and a count is their sum.</summary>
internal struct LineNumbers
{
    private double _buckets;
    private bool _hasBuckets;

    public bool TryNext(in SampleLine line, scoped SampleValues values, out double number)
    {
        if (line.Kind == LineKind.Count && _hasBuckets)
        {
            number = _buckets;
            (_buckets, _hasBuckets) = (0, false);
            return true;
        }
        number = 0;
        if (!values.Has(line.Series)) return false;
        number = values[line.Series];
        if (line.Kind == LineKind.Bucket)
        {
            number = _buckets += number;
            _hasBuckets = true;
        }
        return true;
    }
}
