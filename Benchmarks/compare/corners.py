"""A few machines made by hand that stand on the boundaries of the kinds. KINDS.md says what each boundary is.

They are checked like the rest: the reference and InfluxDB must agree about them, and their answers are frozen."""

from kinds import DAY, SECOND, Draw

MIDNIGHT = 1_451_692_800 * SECOND  # 2016-01-02T00:00:00Z
MINUTE = 60 * SECOND


def line(measurement: str, name: str, time: int, fields: str, fleet="South", driver="Ann", model="H-2") -> str:
    tags = {"name": name, "fleet": fleet, "driver": driver, "model": model}
    return ",".join([measurement, *(f"{tag}={value}" for tag, value in tags.items() if value)]) + f" {fields} {time}"


def lines() -> list[str]:
    at, minute = MIDNIGHT, MINUTE
    made = []

    def reading(name, time, fields, **tags):
        made.append(line("readings", name, time, fields, **tags))

    def diagnosis(name, time, fields, **tags):
        made.append(line("diagnostics", name, time, fields, **tags))

    # Locations: half of one, none at all, and one that comes last in the file but not in time.
    reading("half", at - 2 * minute, "latitude=1,longitude=2,velocity=3")
    reading("half", at - minute, "longitude=4,velocity=3")
    reading("half", at, "velocity=3")
    reading("late", at - minute, "latitude=5,longitude=6,velocity=3")
    reading("late", at - 2 * minute, "latitude=7,longitude=8,velocity=3")

    # Two drivers of one machine, and rows that do not say who drove, or of which fleet or model the machine is.
    reading("shared", at - 3 * minute, "latitude=1,longitude=1,velocity=0", driver="Bob")
    reading("shared", at - 2 * minute, "latitude=2,longitude=2,velocity=0", driver="")
    reading("shared", at - minute, "latitude=3,longitude=3,velocity=0", fleet="")
    diagnosis("shared", at - 3 * minute, "fuel_state=0.05,current_load=1900,load_capacity=2000,status=0i", driver="Bob")
    diagnosis("shared", at - 2 * minute, "fuel_state=0.04,current_load=100,load_capacity=2000,status=0i", driver="")
    diagnosis("shared", at - minute, "fuel_state=0.03,current_load=1900,load_capacity=2000,status=0i", fleet="", model="")

    # Fuel: a tenth is low; a machine that was low and is no longer is answered with the last time it was.
    diagnosis("tenth", at - minute, "fuel_state=0.1,status=0i")
    diagnosis("above", at - minute, "fuel_state=0.10000000000000002,status=0i")
    diagnosis("refilled", at - 3 * minute, "fuel_state=0.02,status=0i")
    diagnosis("refilled", at - 2 * minute, "fuel_state=1,status=0i")

    # Load: nine tenths are high; a last row without one of the two fields is not looked behind.
    diagnosis("full", at - minute, "current_load=1800,load_capacity=2000,status=0i")
    diagnosis("nearly", at - minute, "current_load=1799.9999,load_capacity=2000,status=0i")
    diagnosis("silent", at - 2 * minute, "current_load=2000,load_capacity=2000,status=0i")
    diagnosis("silent", at - minute, "load_capacity=2000,status=0i")
    diagnosis("mute", at - 2 * minute, "current_load=2000,load_capacity=2000,status=0i")
    diagnosis("mute", at - minute, "status=0i")

    # Rows of one driver, some without a model, between rows without a driver: still one row for each driver.
    for step, tags in enumerate(({"model": ""}, {"driver": ""}, {}, {"driver": ""}, {"model": ""})):
        diagnosis("mixed", at - (20 - step) * minute, f"current_load={1900 + step},load_capacity=2000,status=0i", **tags)
    for step, tags in enumerate(({"driver": ""}, {"model": ""}, {"driver": ""}, {})):
        diagnosis("mixed-last", at - (20 - step) * minute, f"current_load={1900 + step},load_capacity=2000,status=0i", **tags)

    # Stationary: a mean of 1 is not; the row at T - 10 min is outside, and of two ten minutes only the first with rows counts.
    for name, speeds in {"one": (1, 1), "below": (0, 1.9), "left": (0, 50), "right": (50, 0)}.items():
        reading(name, at - 8 * minute, f"velocity={speeds[0]}", fleet="North")
        reading(name, at - 2 * minute, f"velocity={speeds[1]}", fleet="North")
    for driver, shift in {"Ann": 0, "Bob": 1}.items():
        reading("relay", at + (shift - 3) * minute, "velocity=50", fleet="North", driver=driver)
        reading("relay", at + (shift + 2) * minute, "velocity=0", fleet="North", driver=driver)
    reading("outside", at - 10 * minute, "velocity=90", fleet="North")
    reading("outside", at - 9 * minute, "velocity=0", fleet="North")
    reading("arrived", at, "velocity=0", fleet="North")

    # Consumption: a fleet of which one of the two is known, and moving machines that say neither.
    reading("terse", at - 30 * minute, "velocity=5,nominal_fuel_consumption=8", fleet="North")

    # Driving hours: one row every ten minutes, from exactly a day before T to exactly T.
    for step in range(145):
        start = at - DAY + step * 10 * minute
        reading("steady", start, "velocity=30,fuel_consumption=20,nominal_fuel_consumption=10", fleet="East")
        if step % 2:
            reading("halting", start + minute, "velocity=1,fuel_consumption=1", fleet="East")
        if step >= 122:  # 23 of the last 24 ten minutes, and T itself
            reading("twenty-three", start, "velocity=1.5", fleet="East")
        if step >= 123:
            reading("twenty-two", start + minute, "velocity=1.5", fleet="East")
        if 70 <= step <= 130:
            reading("sixty-one", start + minute, "velocity=2,nominal_fuel_consumption=7", fleet="East")
        if 70 <= step < 130:
            reading("sixty", start + minute, "velocity=2", fleet="East")

    # Sessions, by ten minutes before T: a mean of 10 is driving, 9.9 is not; a gap ends a session; one under way when the
    # day begins has no length; one that ends after midnight belongs to the day it ends in.
    def drive(name, *steps, velocity=40):
        for step in steps:
            reading(name, at + step * 10 * minute + 5 * minute, f"velocity={velocity}", fleet="West")

    drive("limit", -10, -9, -6, velocity=10)
    drive("slow", -10, -9, -6, velocity=9.9)
    drive("slow", -5, velocity=0)
    drive("limit", -5, velocity=0)
    drive("gap", -20, -19, -17, -16, -15)
    drive("gap", -14, velocity=0)
    drive("under-way", -145, -144, -143, -140)
    drive("first-ten-minutes", -144, -143)
    drive("over-midnight", -2, -1, 0, 1)
    drive("never-ends", -3, -2, -1)

    # Activity and breakdowns of a model, by ten minutes: a mean state of 1 is not active; half of the rows being bad is
    # broken; ten minutes without rows are passed over; a model broken from its first row on has not broken down.
    def states(model, step, *values):
        for number, value in enumerate(values):
            diagnosis(f"{model}-{number}", at + step * 10 * minute + number * SECOND, f"status={value}i", model=model)

    for step, values in {-144: (0, 0), -6: (0, 1), -5: (0, 0), -4: (1, 1), -3: (2, 0), -1: (0, 0), 0: (3, 3)}.items():
        states("wobbling", step, *values)
    for step, values in {-9: (1, 2), -8: (1, 2), -7: (0, 0, 1)}.items():
        states("broken", step, *values)
    for step, values in {-9: (0, 0), -6: (2, 2)}.items():
        states("gone", step, *values)
    return made


def questions() -> list[Draw]:
    """Each fleet at midnight, on a ten-minute boundary, and beside both."""
    trucks = {"South": "half", "North": "left", "East": "steady", "West": "late"}
    times = [0, -SECOND, SECOND, 10 * MINUTE, 5 * MINUTE, -10 * MINUTE, 12 * 60 * MINUTE]
    return [
        Draw(number, fleet, truck, MIDNIGHT + time)
        for number, (time, (fleet, truck)) in enumerate((time, pair) for time in times for pair in trucks.items())
    ]
