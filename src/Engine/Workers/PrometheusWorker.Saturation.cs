using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>How busy the worker is: requests in flight, integrated over time.</remarks>
public sealed partial class PrometheusWorker
{
    private readonly FlightTableWriter? _flight;
    private readonly Cell _busy;
    private double _lastChange;

    /// <summary>Says how many requests the worker can have in hand, 0 if that is not known.</summary>
    public void SetCapacity(int requests) => _flight?.SetCapacity(requests);

    /// <summary>Adds the time since the last change, as often as requests were in flight.</summary>
    private void AccountBusy(double now)
    {
        if (_flight!.InFlight > 0) _busy.Add(_flight.InFlight * (now - _lastChange));
        _lastChange = now;
    }

}
