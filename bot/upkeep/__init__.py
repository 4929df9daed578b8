"""What keeps the service well: retention, rotation, recovery, backup, doctor, alarms, health."""
