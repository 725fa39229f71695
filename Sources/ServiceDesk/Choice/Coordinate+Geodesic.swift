import CGeodesic
import FleetModel

extension Coordinate {
    /// The shortest way to another place over the WGS 84 ellipsoid, kilometres; exact to nanometres (Karney 2013).
    package func kilometres(to other: Coordinate) -> Double {
        var metres = 0.0
        withUnsafePointer(to: wgs84) {
            geod_inverse($0, latitude, longitude, other.latitude, other.longitude, &metres, nil, nil)
        }
        return metres / 1_000
    }
}

/// Semi-major axis in metres and flattening, as WGS 84 defines them.
private let wgs84: geod_geodesic = {
    var ellipsoid = geod_geodesic()
    geod_init(&ellipsoid, 6_378_137, 1 / 298.257223563)
    return ellipsoid
}()
